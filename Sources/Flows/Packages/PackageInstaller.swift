import Execution
import Guests

/// Has pip fetch packages for sessions, each into a folder of its own, a few at a time. Main thread.
final class PackageInstaller {
    /// Processes at the same time; other sessions wait.
    private static let processLimit = 2

    /// What was asked for and has not been done.
    private struct Order {
        let installation: PackageInstallation
        let requirements: [PackageRequirement]
        let finished: (RequirementError?) -> Void
    }

    private let parent: GuestFolder
    /// Makes the program that puts requirements into a folder.
    private let program: (_ folder: String, _ requirements: [PackageRequirement]) -> GuestProgram
    private let limitSeconds: () -> Int
    private var waiting: [Order] = []
    private var running: [ObjectIdentifier: PackageInstallation] = [:]
    /// Those that run and that nobody waits for.
    private var cancelled: Set<ObjectIdentifier> = []
    private var lastNumber = 0

    init(
        below parent: GuestFolder, limitSeconds: @escaping () -> Int,
        program: @escaping (_ folder: String, _ requirements: [PackageRequirement]) -> GuestProgram
    ) {
        self.parent = parent
        self.limitSeconds = limitSeconds
        self.program = program
    }

    /// Begins, or waits until others are done.
    /// - Parameter finished: called once unless it is cancelled.
    /// - Throws: `.folderMissing`.
    func install(
        _ requirements: [PackageRequirement], finished: @escaping (RequirementError?) -> Void
    ) throws(RequirementError) -> PackageInstallation {
        lastNumber += 1
        guard let folder = parent.makeFolder(named: "\(lastNumber)") else { throw .folderMissing }
        let installation = PackageInstallation(folder: folder)
        waiting.append(Order(installation: installation, requirements: requirements, finished: finished))
        startNext()
        return installation
    }

    /// Nobody needs it: its process ends, its folder goes.
    func cancel(_ installation: PackageInstallation) {
        if running[ObjectIdentifier(installation)] != nil {
            cancelled.insert(ObjectIdentifier(installation))
            installation.cancel()
        } else {
            waiting.removeAll { $0.installation === installation }
            remove(installation.folder)
        }
    }

    /// Removes the folder of a session that is gone.
    func remove(_ folder: String) {
        // It may hold thousands of files.
        let removal = WorkerThread(name: "ai:remove", niceness: 10) { GuestFolder.remove(folder) }
        if !removal.start() { GuestFolder.remove(folder) }
    }

    private func startNext() {
        while running.count < Self.processLimit, !waiting.isEmpty {
            let order = waiting.removeFirst()
            let installation = order.installation
            running[ObjectIdentifier(installation)] = installation
            installation.start(
                program(installation.folder, order.requirements), limitSeconds: limitSeconds()
            ) { [unowned self] error in
                running[ObjectIdentifier(installation)] = nil
                let isCancelled = cancelled.remove(ObjectIdentifier(installation)) != nil
                if isCancelled || error != nil { remove(installation.folder) }
                if !isCancelled { order.finished(error) }
                startNext()
            }
        }
    }
}
