import Testing

@testable import Backends

/// What the scan lets through, and that it ends for whatever bytes it is given.
extension BackendsTests {
    @Suite
    struct LiteRTModelScanTests {
        typealias Refusal = LiteRTModelScan.Refusal

        static func refusal(of bytes: [UInt8]) -> Refusal? {
            do throws(Refusal) {
                try LiteRTModelScan.check(bytes.span)
                return nil
            } catch {
                return error
            }
        }

        @Test(arguments: [
            "sum_difference", "scalar_double", "count", "matrix", "several_signatures", "without_signature",
            "renamed", "quantized_int8", "quantized_uint8", "passed_through", "listed_twice",
            "unknown_operator", "reshaped", "chosen_boxes", "measured_twice",
        ])
        func modelsThatAreInOrderAreLetThrough(_ name: String) throws {
            #expect(Self.refusal(of: try Fixture.tflite(name)) == nil)
        }

        @Test(arguments: ["outside_absolute", "outside_relative"])
        func weightsInFilesAreRefused(_ name: String) throws {
            #expect(Self.refusal(of: try Fixture.tflite(name)) == .externalData)
        }

        @Test(arguments: [
            ("endless_subgraphs", "graphs use each other without end"), ("huge", "a tensor is too large"),
            ("without_graph", "there is no graph"),
            // It would show what the memory held before.
            ("nothing_computed", "nothing computes an output"),
            ("beyond_the_end", "weights are beyond the end"),
            ("split_says_more", "an operator has another number of tensors than it says"),
            ("stride_of_zero", "an operator would divide by zero"),
            ("mixed_types", "an operator mixes types"),
            ("without_scales", "scales of an operator do not fit each other"),
        ])
        func whatContradictsItselfIsRefused(_ name: String, _ reason: String) throws {
            #expect(Self.refusal(of: try Fixture.tflite(name)) == .malformed(reason))
        }

        /// Graphs that are one table, whose tensors are one table: a file of half a megabyte.
        @Test func whatIsListedAgainAndAgainIsRefused() {
            func word(_ number: Int) -> [UInt8] { (0..<4).map { UInt8(number >> (8 * $0) & 0xFF) } }
            let count = 50_000
            /// A list of the places of fields, and behind it a table with one field that leads so far.
            func table(field: Int, to distance: Int) -> [UInt8] {
                var list = [UInt8](repeating: 0, count: 16)
                (list[0], list[2], list[4 + 2 * field]) = (16, 8, 4)
                return list + word(16) + word(distance)
            }
            // All elements lead to the table behind them.
            let vector = word(count) + (0..<count).flatMap { word(4 * (count - $0) + 16) }
            var file = word(32) + Array("TFL3".utf8) + [UInt8](repeating: 0, count: 8)
            file += table(field: 2, to: 4) + vector + table(field: 0, to: 4) + vector
            file += table(field: 3, to: 4) + word(0)
            #expect(Self.refusal(of: file) == .malformed("its parts are listed again and again"))
        }

        @Test func aModelCutAnywhereIsReadToNoOtherEnd() throws {
            let whole = try Fixture.tflite("count")
            for count in whole.indices { #expect(Self.refusal(of: Array(whole[..<count])) != nil) }
        }

        /// Every bit of a model turned over: whatever the scan says, it comes back.
        @Test(arguments: ["count", "quantized_int8", "several_signatures"])
        func everyBitMayBeWrong(_ name: String) throws {
            let whole = try Fixture.tflite(name)
            var refused = 0
            for place in whole.indices {
                for bit in 0..<8 {
                    var damaged = whole
                    damaged[place] ^= 1 << UInt8(bit)
                    if Self.refusal(of: damaged) != nil { refused += 1 }
                }
            }
            #expect(refused > whole.count)
        }

        /// What is made of a model that the scan lets through is let through as well, or it is not made.
        @Test(arguments: ["reshaped", "measured_twice", "measured_beside_others", "chosen_boxes"])
        func everyBitMayBeWrongInAModelThatIsCopied(_ name: String) throws {
            let whole = try Fixture.tflite(name)
            var copied = 0
            for place in whole.indices {
                // All bits of all bytes would take half a minute.
                for bit in [place % 8, (place + 5) % 8] {
                    var damaged = whole
                    damaged[place] ^= 1 << UInt8(bit)
                    guard let findings = try? LiteRTModelScan.check(damaged.span),
                        let copies = try? LiteRTOutputCopies(damaged.span, findings)
                    else { continue }
                    copied += 1
                    #expect(Self.refusal(of: copies.front + damaged) == nil)
                }
            }
            #expect(copied > whole.count / 4)
        }
    }
}
