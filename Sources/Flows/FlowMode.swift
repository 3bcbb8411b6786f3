/// Where a registered flow runs.
enum FlowMode: String {
    /// With the server's thread waiting.
    case sync
    case async
    /// The same as `async` on one server.
    case asyncLocal = "async_local"
}
