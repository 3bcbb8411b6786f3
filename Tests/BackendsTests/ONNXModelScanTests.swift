import Testing

@testable import Backends

/// What the scan finds, what it refuses, and that no bytes harm it.
extension BackendsTests {
    @Suite
    struct ONNXModelScanTests {
        /// A tensor whose elements lie elsewhere: `data_location` = EXTERNAL.
        private static let outside = Wire.number(14, 1)
        /// A tensor with four bytes of elements inside.
        private static let inside = Wire.message(9, [1, 2, 3, 4])

        private static func scan(_ bytes: [UInt8]) -> Result<Int, ONNXModelScan.Refusal> {
            do throws(ONNXModelScan.Refusal) {
                return .success(try ONNXModelScan(bytes.span).weightByteCount)
            } catch {
                return .failure(error)
            }
        }

        /// From the model down to a tensor; each way that the schema has, with nested ones repeated once.
        static let waysToATensor: [[UInt64]] = {
            let attributeTails: [[UInt64]] = [[5], [10], [22, 1], [22, 2], [23, 1], [23, 2]]
            let graphTails: [[UInt64]] = [[5], [15, 1], [15, 2]] + attributeTails.map { [1, 5] + $0 }
            let nestedTails: [[UInt64]] =
                graphTails.map { [1, 5, 6] + $0 } + graphTails.map { [1, 5, 11] + $0 }
            let allTails = graphTails + nestedTails
            let functionTails: [[UInt64]] = attributeTails + graphTails.map { [6] + $0 }
            let graphs: [[UInt64]] = [[7], [20, 1], [20, 2]]
            let inGraphs: [[UInt64]] = graphs.flatMap { graph in allTails.map { graph + $0 } }
            let inFunctions: [[UInt64]] =
                functionTails.map { [25, 7, 5] + $0 } + functionTails.map { [25, 11] + $0 }
            return inGraphs + inFunctions
        }()

        private static func model(_ way: [UInt64], _ tensor: [UInt8]) -> [UInt8] {
            way.reversed().reduce(tensor) { content, field in Wire.message(field, content) }
        }

        @Test(arguments: waysToATensor)
        func aTensorOutsideIsFoundOnEveryWay(_ way: [UInt64]) {
            #expect(Self.scan(Self.model(way, Self.outside)) == .failure(.externalData))
            #expect(Self.scan(Self.model(way, Wire.message(13, []))) == .failure(.externalData))
            #expect(Self.scan(Self.model(way, Self.inside)) != .failure(.externalData))
            #expect(Self.scan(Self.model(way, Self.inside + Wire.number(14, 0))) != .failure(.externalData))
        }

        @Test func itIsFoundBehindOtherFields() {
            let noise =
                Wire.number(1, 8) + Wire.message(8, Array("name".utf8)) + Wire.key(100, 5) + [1, 2, 3, 4]
                + Wire.key(101, 1) + [UInt8](repeating: 9, count: 8) + Wire.group(102, Wire.number(14, 1))
            let tensor = noise + Self.outside
            #expect(Self.scan(noise + Self.model([7, 5], tensor)) == .failure(.externalData))
            #expect(Self.scan(noise + Self.model([7, 5], noise) + noise) == .success(0))
        }

        @Test func itIsFoundInEveryPartOfAMessage() {
            let first = Self.model([7, 5], Self.inside)
            let second = Self.model([7, 5], Self.outside)
            #expect(Self.scan(first + second) == .failure(.externalData))
            #expect(Self.scan(second + first) == .failure(.externalData))
            let inside = Wire.number(14, 0)
            #expect(Self.scan(Self.model([7, 5], Self.outside + inside)) == .failure(.externalData))
            #expect(Self.scan(Self.model([7, 5], inside + Self.outside)) == .failure(.externalData))
        }

        @Test(arguments: [
            Wire.key(14, 0) + Wire.varint(1, padding: 8), Wire.key(14, 0, padding: 3) + [1],
            Wire.key(14, 0) + Wire.varint(1 << 32), Wire.key(14, 0) + Wire.varint(1 << 63),
            Wire.number(14, 2),
            Wire.key(14, 5) + [0, 0, 0, 0], Wire.key(14, 1) + [UInt8](repeating: 0, count: 8),
            Wire.message(14, [1]), Wire.message(14, []), Wire.message(13, [1, 2, 3]), Wire.number(13, 0),
            Wire.group(13, []), Wire.group(14, []),
        ])
        func oddWaysOfSayingOutsideAreFound(_ tensor: [UInt8]) {
            #expect(Self.scan(Self.model([7, 5], tensor)) == .failure(.externalData))
        }

        @Test func aZeroInAnyLengthIsInside() {
            let zero = Wire.key(14, 0) + Wire.varint(0, padding: 9)
            #expect(Self.scan(Self.model([7, 5], zero)) == .success(0))
        }

        @Test func onlyTheSchemasFieldsCount() {
            // The same numbers in other messages are names, types and texts.
            #expect(Self.scan(Wire.message(14, [1]) + Wire.message(13, [2])) == .success(0))
            #expect(Self.scan(Self.model([7], Wire.message(14, [1]) + Wire.message(13, [2]))) == .success(0))
            #expect(Self.scan(Self.model([7, 11], Self.outside)) == .success(0))
            #expect(Self.scan(Self.model([7, 1, 5, 14], Self.outside)) == .success(0))
        }

        @Test func weightsAreAddedUp() {
            let tensor =
                Wire.message(9, .init(repeating: 0, count: 300))
                + Wire.message(4, .init(repeating: 0, count: 40))
            let model = Self.model([7, 5], tensor) + Self.model([7, 1, 5, 5], Wire.message(9, [1, 2]))
            // The lengths themselves are counted with the elements.
            #expect(Self.scan(model) == .success(302 + 41 + 3))
        }

        @Test(
            arguments: [
                [0x00], [0x07, 0x00], [0x3E, 0x00], [0x3F, 0x00],  // No field 0; no kinds 6 and 7.
                [0x08], [0x08, 0x80], [0x09, 1, 2, 3], [0x0D, 1, 2],  // Values that end too early.
                [0x3A, 5, 1], [0x3A, 0x80], [0x12, 200, 1],  // Lengths beyond the end.
                [0x3A] + [UInt8](repeating: 0xFF, count: 9) + [1],  // A length of 2^64 - 1.
                [0x0C], [0x0B], [0x0B, 0x14],  // Groups without a begin, without an end, with another's end.
                [UInt8](repeating: 0x80, count: 11) + [1], [0x08] + [UInt8](repeating: 0xFF, count: 11),
                [0x88, 0x80, 0x80, 0x80, 0x80, 0x00, 1], [0xF8, 0xFF, 0xFF, 0xFF, 0x7F, 1],  // Keys too long.
            ] as [[UInt8]])
        func bytesThatAreNoMessageAreRefused(_ bytes: [UInt8]) {
            #expect(Self.scan(bytes) == .failure(.malformed))
        }

        @Test func aMessageInAnotherFormIsRefused() {
            #expect(Self.scan(Wire.group(7, Wire.message(5, Self.outside))) == .failure(.malformed))
            #expect(Self.scan(Wire.number(7, 0)) == .failure(.malformed))
            #expect(Self.scan(Self.model([7], Wire.key(5, 5) + [0, 0, 0, 0])) == .failure(.malformed))
        }

        @Test func nestingBeyondWhatReadersFollowIsRefused() {
            // Each round goes from a graph through a node and an attribute to the next graph.
            func nested(_ rounds: Int, _ tensor: [UInt8]) -> [UInt8] {
                Self.model([7] + Array(repeating: [1, 5, 6], count: rounds).flatMap { $0 } + [5], tensor)
            }
            #expect(Self.scan(nested(32, Self.outside)) == .failure(.externalData))
            #expect(Self.scan(nested(32, Self.inside)) == .success(5))
            #expect(Self.scan(nested(33, Self.inside)) == .failure(.malformed))
            #expect(Self.scan(nested(5_000, Self.outside)) == .failure(.malformed))
        }

        @Test func groupsBeyondWhatReadersFollowAreRefused() {
            func groups(_ depth: Int) -> [UInt8] {
                Array(repeating: Wire.key(50, 3), count: depth).flatMap { $0 }
                    + Array(repeating: Wire.key(50, 4), count: depth).flatMap { $0 }
            }
            #expect(Self.scan(groups(100)) == .success(0))
            #expect(Self.scan(groups(101)) == .failure(.malformed))
            #expect(Self.scan(groups(100_000)) == .failure(.malformed))
        }

        @Test func theRuntimesOwnFormatIsRecognised() throws {
            #expect(Self.scan(try Fixture.file("mul_2x2.ort")) == .failure(.runtimeFormat))
        }

        @Test func aProducerThatIsNamedLikeTheFormatIsNot() {
            let model = Wire.number(1, 8) + Wire.message(2, Array("ORTModule".utf8))
            #expect(Array(model[4..<8]) == Array("ORTM".utf8))
            #expect(Self.scan(model) == .success(0))
        }

        @Test func nothingIsAnEmptyModel() {
            #expect(Self.scan([]) == .success(0))
        }

        @Test func everyModelOfTheOtherTestsPasses() throws {
            for name in try Fixture.names(in: ".") + Fixture.names(in: "backend") {
                let result = Self.scan(try Fixture.model(name))
                #expect(throws: Never.self, "\(name)") { try result.get() }
            }
        }

        @Test func cutModelsDoNoHarm() throws {
            for name in ["spin", "zipmap_classifier", "external/if_within_loop_initializer"] {
                let bytes = try Fixture.model(name)
                for length in 0...bytes.count { _ = Self.scan(Array(bytes[..<length])) }
            }
        }

        @Test func aCutTensorOutsideIsNeverTakenForAGoodModel() throws {
            let bytes = Self.model([7, 1, 5, 6, 5], Self.inside + Self.outside)
            for length in 1..<bytes.count {
                #expect(Self.scan(Array(bytes[..<length])) == .failure(.malformed))
            }
        }

        @Test(arguments: [UInt64(1), 2, 3, 4])
        func changedModelsDoNoHarm(_ seed: UInt64) throws {
            var random = SplitMix64(state: seed)
            let models = try ["slow", "string_concat", "external/function_if_initializer"].map { name in
                try Fixture.model(name)
            }
            for round in 0..<3_000 {
                var bytes = models[round % models.count]
                for _ in 0...(round % 4) {
                    let index = Int.random(in: 0..<bytes.count, using: &random)
                    switch round % 3 {
                    case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
                    case 1: bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                    default: bytes.remove(at: index)
                    }
                }
                _ = Self.scan(bytes)
            }
        }
    }
}

/// Random numbers that are the same in every run.
private struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
