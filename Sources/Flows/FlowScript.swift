/// What RG.PYEXECUTE was given, as far as it lasts.
struct FlowScript: Equatable {
    let source: [UInt8]
    let description: [UInt8]?
    let requirements: [[UInt8]]
    /// The user who sent it; nil if there is none.
    let user: [UInt8]?
    /// The client's database, in which its flows work.
    let database: Int32
}
