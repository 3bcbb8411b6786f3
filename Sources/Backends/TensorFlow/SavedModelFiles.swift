import Formats
import Tensors

/// The files of a SavedModel that count, found in its archive.
struct SavedModelFiles {
    private let archive: ZIPArchive
    /// `saved_model.pb`.
    let graph: ZIPArchive.Entry
    /// The files below `variables`, with names that the runtime knows.
    private(set) var variables: [(name: String, entry: ZIPArchive.Entry)] = []

    private static let graphName = "saved_model.pb"

    /// - Throws: `.archive`, or `.savedModel` if there is not one graph in it.
    init(_ bytes: Span<UInt8>) throws(TensorFlowRefusal) {
        do throws(ZIPArchive.Refusal) { archive = try ZIPArchive(bytes) } catch { throw .archive(error) }
        let graphs = archive.entries.filter {
            $0.name == Self.graphName || $0.name.hasSuffix("/\(Self.graphName)")
        }
        guard graphs.count == 1 else {
            throw .savedModel("the archive has \(graphs.count) files named \(Self.graphName) instead of one")
        }
        graph = graphs[0]
        // The archive may have the model's folder, or what is in it.
        let folder = graph.name.dropLast(Self.graphName.count) + "variables/"
        for entry in archive.entries where entry.name.hasPrefix(folder) {
            let name = String(entry.name.dropFirst(folder.count))
            if Self.isVariables(name) { variables.append((name, entry)) }
        }
    }

    /// `variables.index` or `variables.data-00000-of-00001`; nothing else is needed.
    private static func isVariables(_ name: String) -> Bool {
        guard name != "variables.index" else { return true }
        let parts = name.split(separator: "-", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "variables.data" && parts[2] == "of"
            && [parts[1], parts[3]].allSatisfy { part in
                part.count == 5 && part.utf8.allSatisfy { (0x30...0x39).contains($0) }
            }
    }

    /// The bytes of one of them.
    func content(_ entry: ZIPArchive.Entry, _ bytes: Span<UInt8>) throws(TensorFlowRefusal) -> [UInt8] {
        // Twice, since an array grows by copying itself.
        guard TensorAllocator.hasRoom(for: 2 * entry.byteCount) else { throw .archive(.outOfMemory) }
        do throws(ZIPArchive.Refusal) { return try archive.content(entry, bytes) } catch {
            throw .archive(error)
        }
    }
}
