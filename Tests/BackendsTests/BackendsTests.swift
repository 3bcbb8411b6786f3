import Testing

/// All tests of this target, one after the other: some look at the memory of the whole process.
@Suite(.serialized)
enum BackendsTests {}
