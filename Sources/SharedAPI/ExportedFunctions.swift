import CSharedAPI
import Redis

/// The functions that other modules call: the face of this layer.
public enum ExportedFunctions {
    /// Offers all functions under their names; in OnLoad only.
    /// - Returns: false if the server refuses.
    public static func export(in context: borrowing RedisContext) -> Bool {
        DetachedContext.install(context)
        var table = unsafe shared_functions()
        unsafe ErrorFunctions.fill(&table)
        unsafe TensorFunctions.fill(&table)
        unsafe ModelFunctions.fill(&table)
        unsafe ModelDescriptionFunctions.fill(&table)
        unsafe ScriptFunctions.fill(&table)
        unsafe DagFunctions.fill(&table)
        unsafe RunFunctions.fill(&table)
        for index in 0..<shared_function_count() {
            // Safety: names are static, and functions are never freed.
            guard let function = unsafe shared_function(&table, index),
                unsafe context.export(function, as: shared_function_name(index))
            else { return false }
        }
        return true
    }
}
