# The guest of the KVM probe: a 64 KiB firmware image that reaches long mode, works a while with paging and timer interrupts on, and
# leaves through isa-debug-exit. Assembled by: as --64 guest.s -o guest.o && ld -Ttext=0 --oformat binary guest.o -o guest.bin
        .code16
        .globl _start
_start: # offset 0 of the segment F000
        cli
        movw %cs, %ax
        movw %ax, %ds
        lgdtl %cs:gdtr
        # page tables: PML4 at 0x10000, PDPT at 0x11000, PDs at 0x12000 (the first GiB in 2 MiB pages) and 0x13000 (the local APIC)
        xorw %ax, %ax
        movw %ax, %ss
        movw $0x7000, %sp
        movw $0x1000, %ax
        movw %ax, %es
        xorw %di, %di
        movw $0x2000, %cx
        xorw %ax, %ax
        cld
        rep stosw
        movl $0x11003, %es:0x0000
        movl $0x12003, %es:0x1000
        movl $0x13003, %es:0x1018
        # 0xfee00000, not cached
        movl $0xfee00093, %es:0x3fb8
        movw $512, %cx
        movw $0x2000, %di
        movl $0x83, %eax
1:      movl %eax, %es:(%di)
        addl $0x200000, %eax
        addw $8, %di
        loop 1b
        # PAE, the tables, long mode, then protection and paging at once
        movl $0x20, %eax
        movl %eax, %cr4
        movl $0x10000, %eax
        movl %eax, %cr3
        movl $0xc0000080, %ecx
        rdmsr
        orl $0x100, %eax
        wrmsr
        movl %cr0, %eax
        orl $0x80000001, %eax
        andl $0x9fffffff, %eax
        movl %eax, %cr0
        ljmpl $8, $0xf0000 + long

        .code64
long:   movw $16, %ax
        movw %ax, %ds
        movw %ax, %es
        movw %ax, %ss
        movl $0x80000, %esp
        # an interrupt gate for vector 0x20 in a table at 0x20000
        movl $0x20000 + 0x20 * 16, %edi
        movl $0xf0000 + tick, %eax
        movw %ax, (%rdi)
        movw $8, 2(%rdi)
        movw $0x8e00, 4(%rdi)
        shrl $16, %eax
        movw %ax, 6(%rdi)
        movl $0, 8(%rdi)
        movl $0, 12(%rdi)
        movw $0x20fff - 0x20000, 0x1f000
        movl $0x20000, 0x1f002
        movl $0, 0x1f006
        lidt 0x1f000
        # twenty million steps of a loop: a hundredth of a second on a processor, minutes where each step is emulated
        movl $20000000, %ecx
2:      decl %ecx
        jnz 2b
        # what a kernel does while it starts: identify, read registers, touch memory, drop translations
        movl $500, %esi
3:      xorl %eax, %eax
        xorl %ecx, %ecx
        cpuid
        movl $0xc0000080, %ecx
        rdmsr
        movq %cr3, %rax
        movq %rax, %cr3
        movl %esi, %edi
        shll $12, %edi
        addl $0x100000, %edi
        movl %esi, (%rdi)
        decl %esi
        jnz 3b
        # the local APIC lets the old controller's interrupts through, as firmware sets it up ("virtual wire")
        movl $0xfee00000, %edi
        movl $0x1ff, 0xf0(%rdi)
        movl $0x700, 0x350(%rdi)
        # the old interrupt controller, vectors from 0x20, only the timer open; the timer at about 1 kHz
        movb $0x11, %al
        outb %al, $0x20
        movb $0x20, %al
        outb %al, $0x21
        movb $4, %al
        outb %al, $0x21
        movb $1, %al
        outb %al, $0x21
        movb $0xfe, %al
        outb %al, $0x21
        movb $0x34, %al
        outb %al, $0x43
        movb $0xa9, %al
        outb %al, $0x40
        movb $0x04, %al
        outb %al, $0x40
        xorl %ebx, %ebx
        sti
4:      hlt
        cmpl $5, %ebx
        jb 4b
        cli
        # QEMU's exit status becomes 0x2a * 2 + 1 = 85
        movb $0x2a, %al
        outb %al, $0xf4
5:      hlt
        jmp 5b

tick:   incl %ebx
        pushq %rax
        movb $0x20, %al
        outb %al, $0x20
        popq %rax
        iretq

        .balign 8
gdt:    .quad 0
        .quad 0x00af9a000000ffff
        .quad 0x00cf92000000ffff
gdtr:   .word 23
        .long 0xf0000 + gdt

        .org 0xfff0
        .code16
        ljmp $0xf000, $0
        .org 0x10000
