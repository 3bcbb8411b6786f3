import Execution
import Glibc
import Keyspace
import Redis

/// Our sections of `INFO`, in an order that clients rely on; also written into crash reports.
public enum InfoSections {
    /// The version of the command set, as clients compare it.
    public static let version = "99.99.99"
    public static let versionNumber = 999_999

    /// - Parameter forCrashReport: leave out what a crashed thread may have locked.
    public static func write(to info: borrowing InfoWriter, forCrashReport: Bool) {
        info.section("versions")
        info.field("RedisAI_version", version)
        info.field("low_level_API_version", 1)
        info.field("rdb_version", 4)
        info.section("git")
        info.field("git_sha", RedisContext.moduleCommit)
        info.section("load_time_configs")
        for (name, value) in ModuleState.current.settings.numbers { info.field(name, value) }
        guard !forCrashReport else { return writeActivities(to: info) }
        writeBackends(to: info)
        writeProcessorTimes(to: info)
        writeStuck(to: info)
    }

    private static func writeStuck(to info: borrowing InfoWriter) {
        info.section("stuck")
        let queues = ModuleState.current.scheduler.allQueues
        info.field("stuck_runs", queues.reduce(0) { $0 + $1.stuckRunCount })
        let builds = ModuleState.current.scheduler.builds
        info.field("stuck_builds", builds.count { $0.isStuck })
        info.field("builds", builds.count)
        info.field("longest_build_milliseconds", builds.map(\.milliseconds).max() ?? 0)
    }

    /// What each thread runs or builds; the one that reports is marked.
    private static func writeActivities(to info: borrowing InfoWriter) {
        info.section("activities")
        // Safety: the server's pointer is handed back as it is, during the call that it is valid for.
        unsafe ProcessorSignals.eachActivity(info.rawPointer) { unsafe InfoWriter.addField($0, $1, $2) }
    }

    private static func writeBackends(to info: borrowing InfoWriter) {
        let state = ModuleState.current
        info.section("backends_info")
        for backend in state.backends.loadedBackends {
            switch backend.kind {
            case .tensorFlow: info.field("TensorFlow_version", backend.version)
            case .tensorFlowLite: info.field("TensorFlowLite_version", backend.version)
            case .torch: info.field("Torch_version", backend.version)
            case .onnxRuntime:
                info.field("onnxruntime_version", backend.version)
                info.field("onnxruntime_memory", backend.memoryByteCount)
                info.field("onnxruntime_memory_access_num", backend.allocationCount)
                let workers = state.scheduler.allQueues.count * state.settings.runs.threadsPerQueue
                info.field("onnxruntime_maximum_run_sessions_number", workers)
            }
        }
    }

    private static func writeProcessorTimes(to info: borrowing InfoWriter) {
        info.section("cpu")
        writeUsage(of: ProcessorUser.process, as: "self", to: info)
        writeUsage(of: ProcessorUser.children, as: "children", to: info)
        writeUsage(of: ProcessorUser.callingThread, as: "main_thread", to: info)
        for queue in ModuleState.current.scheduler.allQueues {
            for (index, microseconds) in queue.workerMicroseconds.enumerated() {
                let name = "queue_\(queue.name)_bthread_n\(index + 1)_used_cpu_total"
                info.field(name, seconds(microseconds / 1_000_000, microseconds % 1_000_000))
            }
        }
    }

    private static func writeUsage(
        of who: Int32, as name: String, to info: borrowing InfoWriter
    ) {
        var usage = rusage()
        let isKnown = unsafe getrusage(who, &usage) == 0
        let system = seconds(usage.ru_stime.tv_sec, Int(usage.ru_stime.tv_usec))
        let user = seconds(usage.ru_utime.tv_sec, Int(usage.ru_utime.tv_usec))
        info.field("\(name)_used_cpu_sys", isKnown ? system : "N/A")
        info.field("\(name)_used_cpu_user", isKnown ? user : "N/A")
    }

    /// Whom `getrusage` can be asked about; Linux' numbers.
    private enum ProcessorUser {
        static let process: Int32 = 0
        static let children: Int32 = -1
        static let callingThread: Int32 = 1
    }

    private static func seconds(_ whole: Int, _ microseconds: Int) -> String {
        let digits = String(microseconds)
        return "\(whole).\(String(repeating: "0", count: 6 - digits.count))\(digits)"
    }
}
