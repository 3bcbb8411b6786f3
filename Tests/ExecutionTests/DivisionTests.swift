#if arch(x86_64)
    import CSignals
    import Glibc
    import Testing

    /// Divisions without a result go on with one, however they are written; the encodings are GNU as's.
    @Suite
    struct DivisionTests {
        /// Where the operand is: in a register from a bit on, or in memory to which registers lead.
        enum Operand: Sendable {
            case register(Trap.Register, bit: Int = 0)
            case memory([Trap.Register: @Sendable (Int) -> Int])
            /// So many bytes behind the instruction.
            case behind(Int)
        }

        struct Instruction: CustomTestStringConvertible, Sendable {
            let testDescription: String
            let bits: Int
            let code: [UInt8]
            let operand: Operand

            init(_ text: String, _ bits: Int, _ code: [UInt8], _ operand: Operand) {
                testDescription = text
                self.bits = bits
                self.code = code
                self.operand = operand
            }

            var lowest: Int64 { -1 << (bits - 1) }
        }

        static let signed = [
            Instruction("idiv ecx", 32, [0xf7, 0xf9], .register(.cx)),
            Instruction("idiv r9d", 32, [0x41, 0xf7, 0xf9], .register(.r9)),
            Instruction("idiv rcx", 64, [0x48, 0xf7, 0xf9], .register(.cx)),
            Instruction("idiv r9", 64, [0x49, 0xf7, 0xf9], .register(.r9)),
            Instruction("idiv cx", 16, [0x66, 0xf7, 0xf9], .register(.cx)),
            Instruction("idiv cl", 8, [0xf6, 0xf9], .register(.cx)),
            Instruction("idiv ch", 8, [0xf6, 0xfd], .register(.cx, bit: 8)),
            Instruction("idiv bpl", 8, [0x40, 0xf6, 0xfd], .register(.bp)),
            Instruction("idiv r9b", 8, [0x41, 0xf6, 0xf9], .register(.r9)),
            Instruction("idiv dword ptr [rbx]", 32, [0xf7, 0x3b], .memory([.bx: { $0 }])),
            Instruction("idiv qword ptr [rbx]", 64, [0x48, 0xf7, 0x3b], .memory([.bx: { $0 }])),
            Instruction("idiv word ptr [rbx]", 16, [0x66, 0xf7, 0x3b], .memory([.bx: { $0 }])),
            Instruction("idiv byte ptr [rbx]", 8, [0xf6, 0x3b], .memory([.bx: { $0 }])),
            Instruction("cs idiv dword ptr [rbx]", 32, [0x2e, 0xf7, 0x3b], .memory([.bx: { $0 }])),
            Instruction("idiv dword ptr [rbx+8]", 32, [0xf7, 0x7b, 0x08], .memory([.bx: { $0 - 8 }])),
            Instruction("idiv dword ptr [rbp+0]", 32, [0xf7, 0x7d, 0x00], .memory([.bp: { $0 }])),
            Instruction(
                "idiv qword ptr [r12-0x80]", 64, [0x49, 0xf7, 0x7c, 0x24, 0x80],
                .memory([.r12: { $0 + 0x80 }])),
            Instruction(
                "idiv dword ptr [r13+0x12345678]", 32, [0x41, 0xf7, 0xbd, 0x78, 0x56, 0x34, 0x12],
                .memory([.r13: { $0 - 0x1234_5678 }])),
            Instruction(
                "idiv dword ptr [rbx+rcx*4]", 32, [0xf7, 0x3c, 0x8b],
                .memory([.bx: { $0 + 12 }, .cx: { _ in -3 }])),
            Instruction(
                "idiv qword ptr [r8+r9*8+0x10]", 64, [0x4b, 0xf7, 0x7c, 0xc8, 0x10],
                .memory([.r8: { $0 - 0x28 }, .r9: { _ in 3 }])),
            Instruction(
                "idiv dword ptr [rbp+r12*2+0]", 32, [0x42, 0xf7, 0x7c, 0x65, 0x00],
                .memory([.bp: { $0 - 10 }, .r12: { _ in 5 }])),
            Instruction(
                "idiv dword ptr [rcx*4+0]", 32, [0xf7, 0x3c, 0x8d, 0, 0, 0, 0], .memory([.cx: { $0 / 4 }])),
            Instruction(
                "idiv qword ptr [rsp+4]", 64, [0x48, 0xf7, 0x7c, 0x24, 0x04], .memory([.sp: { $0 - 4 }])),
            Instruction("idiv dword ptr [rip+2]", 32, [0xf7, 0x3d, 2, 0, 0, 0], .behind(2)),
            Instruction("idiv qword ptr [rip+2]", 64, [0x48, 0xf7, 0x3d, 2, 0, 0, 0], .behind(2)),
        ]

        static let unsigned = [
            Instruction("div ecx", 32, [0xf7, 0xf1], .register(.cx)),
            Instruction("div rcx", 64, [0x48, 0xf7, 0xf1], .register(.cx)),
            Instruction("div r9", 64, [0x49, 0xf7, 0xf1], .register(.r9)),
            Instruction("div cx", 16, [0x66, 0xf7, 0xf1], .register(.cx)),
            Instruction("div cl", 8, [0xf6, 0xf1], .register(.cx)),
        ]

        @Test(arguments: signed)
        func theLowestNumberDividedByMinusOneIsItself(_ instruction: Instruction) {
            let trap = Trap(instruction, dividend: (-1, instruction.lowest), divisor: -1)
            #expect(trap.end == DIVISION_OVERFLOW)
            #expect(trap.result == Trap.Result(instruction.lowest, 0))
            #expect(trap.isBehind && trap.keepsTheRest)
        }

        @Test(arguments: signed, [7, -7] as [Int64])
        func byZeroItIsZero(_ instruction: Instruction, _ dividend: Int64) {
            let trap = Trap(instruction, dividend: (dividend >> 63, dividend), divisor: 0)
            #expect(trap.end == DIVISION_BY_ZERO)
            #expect(trap.result == Trap.Result(0, 0))
            #expect(trap.isBehind && trap.keepsTheRest)
        }

        /// The processor has results for these; they show that the operand is read, and which sign is whose.
        @Test(arguments: signed, [(7, 2), (7, -2), (-7, 2), (-7, -2), (100, 101)] as [(Int64, Int64)])
        func quotientsAreCutTowardsZero(_ instruction: Instruction, _ pair: (Int64, Int64)) {
            let trap = Trap(instruction, dividend: (pair.0 >> 63, pair.0), divisor: pair.1)
            #expect(trap.result == Trap.Result(pair.0 / pair.1, pair.0 % pair.1))
            #expect(trap.isBehind && trap.keepsTheRest)
        }

        @Test(arguments: unsigned)
        func ofUnsignedQuotientsTheLowBitsStay(_ instruction: Instruction) {
            let five = Trap(instruction, dividend: (1, 5), divisor: 1)
            #expect(five.end == DIVISION_OVERFLOW)
            #expect(five.result == Trap.Result(5, 0))
            #expect(five.isBehind)
            let half = Trap(instruction, dividend: (3, 1), divisor: 2)
            #expect(half.result == Trap.Result(instruction.lowest, 1))
            #expect(Trap(instruction, dividend: (3, 1), divisor: 0).end == DIVISION_BY_ZERO)
        }

        @Test(arguments: [
            Instruction("imul ecx", 32, [0xf7, 0xe9], .register(.cx)),
            Instruction("neg ecx", 32, [0xf7, 0xd9], .register(.cx)),
            Instruction("mov eax, ecx", 32, [0x89, 0xc8], .register(.cx)),
            Instruction("idiv dword ptr fs:[rbx]", 32, [0x64, 0xf7, 0x3b], .memory([.bx: { $0 }])),
        ])
        func whatIsNotUnderstoodStaysAsItIs(_ instruction: Instruction) {
            let trap = Trap(instruction, dividend: (0, 7), divisor: 2)
            #expect(trap.end == DIVISION_OTHER)
            #expect(trap.result == Trap.Result(7, 0))
            #expect(trap.isAtTheInstruction)
        }
    }
#endif
