/// Where a registered flow runs.
enum FlowMode: String {
    /// With the server's thread waiting.
    case sync
    /// Beside the server.
    case background = "async"
    /// The same, on one server.
    case localBackground = "async_local"
}
