import Synchronization
import Tensors
import Testing

@testable import Execution

@Suite struct ThreadMemoryTests {
    /// With memory for three threads.
    private static func three() -> ThreadMemory { ThreadMemory { $0 <= 3 * (8 << 20) } }

    @Test func whatIsReservedCountsUntilItIsTaken() {
        let memory = Self.three()
        #expect((0..<4).map { _ in memory.reserve() } == [true, true, true, false])
        memory.settle()
        #expect([memory.reserve(), memory.reserve()] == [true, false])
        memory.release()
        #expect(memory.reserve())
    }

    @Test func severalBeginTogetherOrNot() {
        let memory = Self.three()
        #expect([memory.reserve(2), memory.reserve(2), memory.reserve(1)] == [true, false, true])
    }

    @Test func aStackComesOnTop() {
        #expect(!Self.three().reserve(beside: 17 << 20))
        #expect(Self.three().reserve(beside: 16 << 20))
    }
}

@Suite struct BuildPauseTests {
    @Test func aBuildWithoutMemoryIsNotTriedAgainAtOnce() {
        let build = ModelBuild { _ in }
        build.end(.failure(.outOfMemory))
        #expect(!build.reopen(hasLibrary: true))
        waitUntil { build.reopen(hasLibrary: true) }
        build.end(.failure(.builderUnavailable))
        #expect(build.reopen(hasLibrary: false))
    }

    @Test func aBuildWithoutALibraryWaitsForOne() {
        let build = ModelBuild { _ in }
        build.end(.failure(.libraryUnavailable(.onnxRuntime, reason: "")))
        #expect([build.reopen(hasLibrary: false), build.reopen(hasLibrary: true)] == [false, true])
    }
}
