import CLiteRT
import Execution
import Glibc

/// LiteRT, opened and started; one for the process, never closed.
@safe
final class LiteRTLibrary: @unchecked Sendable {
    /// The version that the declarations are of.
    static let version = "2.3.0"
    /// The library does not tell its version. This is how long its file is in that release, which has one
    /// for x86-64 and one for ARM.
    private static let fileByteCounts = [8_039_424, 5_991_672]

    /// Valid as long as the process.
    let functions: UnsafePointer<litert_table>
    /// What models belong to.
    let environment: OpaquePointer
    /// Threads of a run.
    let threadCount: Int
    /// Whether an accelerator for GPUs lies beside the library and starts.
    let hasGPU: Bool

    /// Opens the library.
    /// - Throws: why it cannot be used.
    init(path: String, options: BackendOptions) throws(BackendOpeningError) {
        let library = try SharedLibrary(path: path)
        unsafe functions = try Self.functions(of: library)
        let folder = unsafe try Self.folder(of: functions, path: path)
        threadCount = max(1, options.intraOperatorThreads)
        guard let environment = unsafe Self.makeEnvironment(functions, folder: folder) else {
            throw .unusable(reason: "\(path) does not start")
        }
        unsafe self.environment = environment
        hasGPU = unsafe Self.hasGPU(functions, environment)
    }

    private static func functions(
        of library: SharedLibrary
    ) throws(BackendOpeningError) -> UnsafePointer<litert_table> {
        // Safety: the table is filled completely, or given back; the finder gets what it casts to.
        let table = UnsafeMutablePointer<litert_table>.allocate(capacity: 1)
        var source = library
        let missing = unsafe withUnsafeMutablePointer(to: &source) { source in
            unsafe litert_table_fill(
                table,
                { context, name in
                    guard let library = unsafe context?.assumingMemoryBound(to: SharedLibrary.self) else {
                        return nil
                    }
                    return unsafe library.pointee.address(of: String(cString: name))
                }, source)
        }
        guard let missing = unsafe missing else { return unsafe UnsafePointer(table) }
        unsafe table.deallocate()
        throw .missingSymbol(unsafe String(cString: missing))
    }

    /// The folder of the library's file, which is checked to be that of the version.
    private static func folder(
        of functions: UnsafePointer<litert_table>, path: String
    ) throws(BackendOpeningError) -> String {
        // Safety: the text is ours to free, and copied before.
        var byteCount = 0
        guard let text = unsafe litert_table_folder(functions, &byteCount) else {
            throw .unusable(reason: "\(path) cannot be found again")
        }
        defer { unsafe free(text) }
        guard fileByteCounts.contains(byteCount) else {
            throw .unusable(reason: "\(path) is not LiteRT \(version), the only version that can be used")
        }
        return unsafe String(cString: text)
    }

    private static func makeEnvironment(
        _ functions: UnsafePointer<litert_table>, folder: String
    ) -> OpaquePointer? {
        var environment: OpaquePointer?
        let status = unsafe folder.withCString { folder in
            // Safety: the options are copied.
            var options = unsafe [litert_environment_option(), litert_environment_option()]
            unsafe options[0].tag = Int32(LITERT_TAG_SEVERITY)
            unsafe options[0].kind = Int32(LITERT_KIND_NUMBER)
            unsafe options[0].value.number = Int64(LITERT_SEVERITY_SILENT)
            unsafe options[1].tag = Int32(LITERT_TAG_LIBRARY_FOLDER)
            unsafe options[1].kind = Int32(LITERT_KIND_TEXT)
            unsafe options[1].value.text = unsafe folder
            return unsafe functions.pointee.create_environment(Int32(options.count), options, &environment)
        }
        return status == 0 ? unsafe environment : nil
    }

    private static func hasGPU(
        _ functions: UnsafePointer<litert_table>, _ environment: OpaquePointer
    ) -> Bool {
        var count = 0
        // Safety: accelerators belong to the environment, which stays.
        guard unsafe functions.pointee.accelerator_count(environment, &count) == 0 else { return false }
        return (0..<count).contains { index in
            var accelerator: OpaquePointer?
            var hardware: Int32 = 0
            guard unsafe functions.pointee.accelerator(environment, index, &accelerator) == 0,
                let accelerator = unsafe accelerator,
                unsafe functions.pointee.accelerator_hardware(accelerator, &hardware) == 0
            else { return false }
            return hardware & Int32(LITERT_GPU) != 0
        }
    }
}
