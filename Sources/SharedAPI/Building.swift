import Commands
import Execution
import Keyspace
import Redis
import Tensors

/// Makes models and scripts that no key holds, while the calling thread waits.
enum Building {
    /// - Throws: why it could not be built.
    static func build<Definition: RunnableDefinition>(
        _ definition: Definition, _ code: APIFailure.Code
    ) throws(APIFailure) -> Definition.Value {
        let scheduler = ModuleState.current.scheduler
        let name = definition.device.queueName
        // Only one thread at a time may make queues, and the server's does.
        guard MainThread.isCurrent || scheduler.allQueues.contains(where: { $0.name == name }) else {
            throw .deviceNeedsServerThread(code)
        }
        do throws(ExecutionError) {
            return try scheduler.ready(definition, isHurried: MainThread.isCurrent)
        } catch {
            throw APIFailure(code, error)
        }
    }

    static func device(
        _ text: UnsafeMutablePointer<CChar>?, _ code: APIFailure.Code
    ) throws(APIFailure) -> Device {
        guard let device = unsafe CBytes.text(text.map { unsafe UnsafePointer($0) }).flatMap({ Device($0) })
        else { throw APIFailure(code, .invalidDevice) }
        return device
    }

    /// Empty for NULL.
    static func tag(_ text: UnsafeMutablePointer<CChar>?) -> [UInt8] {
        unsafe CBytes.text(text.map { unsafe UnsafePointer($0) }) ?? []
    }

    /// A copy in the server's memory.
    static func bytes(
        _ start: UnsafePointer<CChar>?, count: Int, _ code: APIFailure.Code
    ) throws(APIFailure) -> SharedBytes {
        guard let start = unsafe start, count >= 0 else { throw .invalidArguments(code) }
        guard let block = ServerBlock(byteCount: count) else { throw .outOfMemory(code) }
        // Safety: the caller has that many bytes there.
        let raw = unsafe UnsafeRawBufferPointer(start: start, count: count)
        block.copy(unsafe raw.assumingMemoryBound(to: UInt8.self).span, to: 0)
        return SharedBytes(block)
    }
}
