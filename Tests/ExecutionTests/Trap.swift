#if arch(x86_64)
    import CSignals
    import Glibc

    /// A thread that was at an instruction when a signal came, and what the handler makes of it.
    struct Trap {
        /// By their places among those that a handler is given.
        enum Register: Int, Sendable {
            case r8, r9, r10, r11, r12, r13, r14, r15, di, si, bp, bx, dx, ax, cx, sp, ip
        }

        /// Quotient and remainder, as signed numbers of the instruction's width.
        struct Result: Equatable {
            let quotient, remainder: Int64

            init(_ quotient: Int64, _ remainder: Int64) {
                self.quotient = quotient
                self.remainder = remainder
            }
        }

        let end: division
        private let bits, length: Int
        private let before: [Int64]
        private var after: [Int64]

        /// - Parameter dividend: its upper and lower half.
        init(
            _ instruction: DivisionTests.Instruction, dividend: (high: Int64, low: Int64), divisor: Int64
        ) {
            let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 64, alignment: 16)
            defer { memory.deallocate() }
            memory.initializeMemory(as: UInt8.self, repeating: 0x55)
            memory.copyBytes(from: instruction.code)
            let start = Int(bitPattern: memory.baseAddress)
            var context = ucontext_t()
            // What is not part of an operand is neither zero nor a sign.
            var registers = [Int64](
                repeating: 0x5555_5555_5555_5555,
                count: MemoryLayout.size(ofValue: context.uc_mcontext.gregs) / MemoryLayout<Int64>.size)
            registers[.ip] = Int64(start)
            if instruction.bits == 8 {
                registers[.ax].replace(8, at: 8, by: dividend.high)
            } else {
                registers[.dx].replace(instruction.bits, by: dividend.high)
            }
            registers[.ax].replace(instruction.bits, by: dividend.low)
            var place = 32
            switch instruction.operand {
            case .register(let register, let bit):
                registers[register].replace(instruction.bits, at: bit, by: divisor)
            case .memory(let leading):
                for (register, value) in leading { registers[register] = Int64(value(start + place)) }
            case .behind(let distance): place = instruction.code.count + distance
            }
            withUnsafeBytes(of: divisor) { bytes in
                for index in 0..<instruction.bits / 8 { memory[place + index] = bytes[index] }
            }
            withUnsafeMutableBytes(of: &context.uc_mcontext.gregs) { bytes in
                registers.withUnsafeBytes { bytes.copyMemory(from: $0) }
            }
            end = signals_finish_division(&context)
            before = registers
            after = withUnsafeBytes(of: context.uc_mcontext.gregs) { Array($0.bindMemory(to: Int64.self)) }
            bits = instruction.bits
            length = instruction.code.count
        }

        var result: Result {
            bits == 8
                ? Result(after[.ax].part(8), after[.ax].part(8, at: 8))
                : Result(after[.ax].part(bits), after[.dx].part(bits))
        }

        var isAtTheInstruction: Bool { after[.ip] == before[.ip] }
        var isBehind: Bool { after[.ip] == before[.ip] + Int64(length) }

        /// Whether all else is as it was; where four bytes are written, the upper ones are zero.
        var keepsTheRest: Bool {
            var expected = before
            expected[.ip] = after[.ip]
            if bits >= 32 {
                expected[.ax] = after[.ax].part(bits, isSigned: false)
                expected[.dx] = after[.dx].part(bits, isSigned: false)
            } else {
                expected[.ax].replace(16, by: after[.ax])
                if bits == 16 { expected[.dx].replace(16, by: after[.dx]) }
            }
            return expected == after
        }
    }

    extension [Int64] {
        fileprivate subscript(register: Trap.Register) -> Int64 {
            get { self[register.rawValue] }
            set { self[register.rawValue] = newValue }
        }
    }

    extension Int64 {
        fileprivate mutating func replace(_ bits: Int, at bit: Int = 0, by value: Int64) {
            let mask: Int64 = (bits == 64 ? -1 : (1 << bits) - 1) << bit
            self = self & ~mask | (value << bit) & mask
        }

        fileprivate func part(_ bits: Int, at bit: Int = 0, isSigned: Bool = true) -> Int64 {
            let top = self << (64 - bits - bit)
            return isSigned ? top >> (64 - bits) : Int64(bitPattern: UInt64(bitPattern: top) >> (64 - bits))
        }
    }
#endif
