import Tensors
import Testing

@testable import Backends

/// Of which modules the time that a run takes follows from the shapes of its inputs.
extension BackendsTests {
    @Suite
    struct TorchWorkTests {
        @Test(arguments: [
            "mul_2x2", "linear", "sum_difference", "optional_input", "writes_its_input", "by_shapes_layers",
            "by_shapes_zeros", "by_shapes_item", "by_shapes_branch", "by_shapes_rounds", "by_shapes_appended",
            "by_shapes_places", "by_shapes_where", "by_shapes_repeat_interleave", "by_shapes_remainder",
            "by_shapes_in_place",
        ])
        func shapesDecide(_ name: String) throws {
            #expect(try Runtime.loadTorch(name).hasBoundedWork)
        }

        /// As PyTorch stores them: layers of all kinds, also quantized ones.
        @Test(arguments: [
            "convolutions_1d_traced", "convolutions_2d_traced", "convolutions_3d_traced", "recurrent",
            "recurrent_traced", "cells_traced", "attention_traced", "scaled_attention", "norms_traced",
            "quantized_dynamic", "quantized_static", "shapes_traced", "images", "einsums",
        ])
        func shapesDecideForLayers(_ name: String) throws {
            #expect(try Runtime.loadTorch("modules/\(name)").hasBoundedWork)
        }

        @Test(arguments: [
            "item", "branch", "loop", "nonzero", "where", "masked_select", "mask", "mask_write", "unique",
            "repeat_interleave", "equal", "list", "remainder", "random", "dropout", "number",
        ])
        func valuesDecide(_ name: String) throws {
            #expect(try !Runtime.loadTorch("by_values_\(name)").hasBoundedWork)
        }

        /// A tensor holds a shape until somebody writes to its memory, by whatever name.
        @Test(arguments: [
            "overwritten", "overwritten_part", "overwritten_in_list", "overwritten_in_branch", "kept",
        ])
        func whatIsOverwrittenIsNoShape(_ name: String) throws {
            #expect(try !Runtime.loadTorch("by_values_\(name)").hasBoundedWork)
        }

        @Test(arguments: [
            "spin", "spin_forked", "rounds_of_a_size", "counts_runs", "keeps_its_input", "long_operator",
            "noisy", "modules/packed", "modules/suppression", "modules/indexing", "modules/embeddings",
            "modules/containers", "modules/encoder", "modules/sampling", "modules/statistics",
        ])
        func whatNobodyCountsDoesNotPass(_ name: String) throws {
            #expect(try !Runtime.loadTorch(name).hasBoundedWork)
        }
    }
}
