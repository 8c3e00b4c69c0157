/** The one part of nunjucks 3.2.4 this package builds on: its syntax tree classes (the package ships no types). */
declare module "nunjucks/src/nodes.js" {
  interface StockNode {
    readonly lineno: number;
    readonly colno: number;
    readonly typename: string;
  }
  interface StockClass {
    new (lineno: number, colno: number, ...fields: readonly unknown[]): StockNode;
    extend(name: string, members: Readonly<Record<string, unknown>>): StockClass;
  }
  const nodes: Readonly<Record<string, StockClass>>;
  export default nodes;
}
