import Testing

@testable import Backends

/// Where the name of the file comes from that a SavedModel restores.
extension BackendsTests {
    @Suite
    struct SavedModelSaverTests {
        private static func text(_ field: UInt64, _ text: String) -> [UInt8] {
            Wire.message(field, Array(text.utf8))
        }

        private static func node(
            _ name: String, _ operation: String, _ inputs: [String], calling function: String? = nil
        ) -> [UInt8] {
            let value = function.map { Wire.message(2, Wire.message(10, text(1, $0))) }
            let attribute = value.map { Wire.message(5, text(1, "f") + $0) } ?? []
            return text(1, name) + text(2, operation) + inputs.flatMap { text(3, $0) } + attribute
        }

        private static func function(_ name: String, _ nodes: [[UInt8]]) -> [UInt8] {
            let signature = Wire.message(1, text(1, name) + Wire.message(2, text(1, "file")))
            return Wire.message(2, Wire.message(1, signature + nodes.flatMap { Wire.message(3, $0) }))
        }

        /// A chain of functions that each call the next a hundred times, the last of which reads.
        private static func chain(lastGives given: String) -> [UInt8] {
            let root = node("restore", "PartitionedCall", ["name"], calling: "f0")
            let nodes = [node("name", "Placeholder", []), root].flatMap { Wire.message(1, $0) }
            let calling = (0..<10).map { depth in
                let calls = (0..<100).map { number in
                    let input = depth == 9 && number == 99 ? given : "file"
                    return node("c\(number)", "PartitionedCall", [input], calling: "f\(depth + 1)")
                }
                return function("f\(depth)", [node("other", "Const", [])] + calls)
            }
            let passed = node("same", "Identity", ["file"])
            let reading = function("f10", [passed, node("r", "RestoreV2", ["same:output:0"])])
            return nodes + calling.joined() + reading
        }

        private static func refusal(_ bytes: [UInt8]) throws -> TensorFlowRefusal? {
            var graph = TensorFlowGraph()
            try graph.read(bytes.span, 0..<bytes.count)
            var saver = SavedModelSaver(graph, fileName: "name:0")
            do throws(TensorFlowRefusal) {
                try saver.checkRestoring(from: "restore")
                return nil
            } catch {
                return error
            }
        }

        /// A list in front of the parameter moves it among the inputs of a call.
        @Test(arguments: [5, 6])
        func theParameterOfAFunctionWithListsIsNotBelieved(_ field: UInt64) throws {
            func model(_ list: [UInt8]) -> [UInt8] {
                let nodes = [
                    Self.node("name", "Placeholder", []), Self.node("other", "Const", []),
                    Self.node("restore", "PartitionedCall", ["name", "name", "other"], calling: "f"),
                ]
                let parameters = [Self.text(1, "more") + list, Self.text(1, "file")]
                let signature = Self.text(1, "f") + parameters.flatMap { Wire.message(2, $0) }
                let reading = Wire.message(3, Self.node("r", "RestoreV2", ["file"]))
                let function = Wire.message(2, Wire.message(1, Wire.message(1, signature) + reading))
                return nodes.flatMap { Wire.message(1, $0) } + function
            }
            #expect(try Self.refusal(model([])) == nil)
            #expect(try Self.refusal(model(Self.text(field, "N"))) == .operation("RestoreV2"))
        }

        @Test func callsWithinCallsAreFollowedOnce() throws {
            #expect(try Self.refusal(Self.chain(lastGives: "file")) == nil)
            #expect(try Self.refusal(Self.chain(lastGives: "other:output:0")) == .operation("RestoreV2"))
        }
    }
}
