import CRedisModule

extension RedisContext {
    /// Registers a command with its documentation; in OnLoad only.
    ///
    /// - Returns: false if the server refuses.
    public func register(
        _ description: CommandDescription,
        calls function: @convention(c) (OpaquePointer, UnsafeMutablePointer<OpaquePointer>?, Int32) -> Int32
    ) -> Bool {
        let range = description.keyRange
        let created = unsafe redis_CreateCommand(
            pointer, description.name.cString, function, description.flags.cString,
            Int32(range.first), Int32(range.last), Int32(range.step))
        guard created == REDIS_OK else { return false }
        guard redis_has_SetCommandInfo() else { return true }
        guard let command = unsafe redis_GetCommand(pointer, description.name.cString) else { return false }
        let isPlaced = unsafe place(command, in: description.categories)
        return unsafe document(command, description) && isPlaced
    }

    /// Makes a category of the module's own, where the server has those (7.4); in OnLoad only, before the
    /// commands in it.
    ///
    /// - Returns: false if the server refuses.
    public func addCategory(_ name: StaticString) -> Bool {
        guard redis_has_AddACLCategory() else { return true }
        return unsafe redis_AddACLCategory(pointer, name.cString) == REDIS_OK
    }

    /// Servers before 7.2 have no categories for modules' commands, and only newer ones have ours.
    private func place(_ command: OpaquePointer, in categories: CommandCategories) -> Bool {
        guard redis_has_SetCommandACLCategories() else { return true }
        let names = redis_has_AddACLCategory() ? categories.all : categories.servers
        return unsafe names.withCString { unsafe redis_SetCommandACLCategories(command, $0) == REDIS_OK }
    }

    private func document(_ command: OpaquePointer, _ description: CommandDescription) -> Bool {
        var version = unsafe redis_command_info_version(
            version: 1, history_entry_size: MemoryLayout<redis_command_history>.stride,
            key_spec_size: MemoryLayout<redis_key_spec>.stride,
            argument_size: MemoryLayout<redis_command_argument>.stride)
        // Safety: the server copies everything before the call returns; the lists are freed after it.
        let specifications = unsafe list(description.keys, zero: redis_key_spec()) { unsafe key($0) }
        let arguments = unsafe argumentList(description.arguments)
        defer {
            unsafe specifications?.deallocate()
            unsafe free(arguments)
        }
        return unsafe withUnsafePointer(to: &version) { version in
            var info = unsafe redis_command_info(
                version: version, summary: description.summary.cString,
                complexity: description.complexity.cString, since: description.since.cString,
                history: nil, tips: nil, arity: -1, key_specs: specifications, arguments: arguments)
            return unsafe redis_SetCommandInfo(command, &info) == REDIS_OK
        }
    }

    /// A list that ends with an entry of zeros; nil if empty.
    private func list<Source, Entry>(
        _ sources: [Source], zero: Entry, _ convert: (Source) -> Entry
    ) -> UnsafeMutablePointer<Entry>? {
        guard !sources.isEmpty else { return nil }
        let entries = UnsafeMutablePointer<Entry>.allocate(capacity: sources.count + 1)
        for (index, source) in sources.enumerated() {
            unsafe (entries + index).initialize(to: convert(source))
        }
        unsafe (entries + sources.count).initialize(to: zero)
        return unsafe entries
    }

    private func argumentList(_ arguments: [CommandArgument]) -> UnsafeMutablePointer<redis_command_argument>?
    {
        unsafe list(arguments, zero: redis_command_argument()) { argument in
            var entry = unsafe redis_command_argument()
            unsafe entry.name = argument.name.cString
            unsafe entry.token = argument.token?.cString
            unsafe entry.key_spec_index = -1
            unsafe entry.type = Int32(kind(argument.kind))
            if case .key(let index) = argument.kind { unsafe entry.key_spec_index = Int32(index) }
            let optional = argument.isOptional ? REDIS_ARGUMENT_OPTIONAL : 0
            let multiple = argument.isMultiple ? REDIS_ARGUMENT_MULTIPLE : 0
            unsafe entry.flags = Int32(optional | multiple)
            unsafe entry.children = argumentList(argument.children)
            return unsafe entry
        }
    }

    private func free(_ arguments: UnsafeMutablePointer<redis_command_argument>?) {
        guard let arguments = unsafe arguments else { return }
        var index = 0
        while unsafe arguments[index].name != nil {
            unsafe free(arguments[index].children)
            index += 1
        }
        unsafe arguments.deallocate()
    }

    private func kind(_ kind: CommandArgument.Kind) -> Int {
        switch kind {
        case .string: REDIS_ARGUMENT_STRING
        case .integer: REDIS_ARGUMENT_INTEGER
        case .token: REDIS_ARGUMENT_TOKEN
        case .oneOf: REDIS_ARGUMENT_ONE_OF
        case .block: REDIS_ARGUMENT_BLOCK
        case .key: REDIS_ARGUMENT_KEY
        }
    }

    private func key(_ specification: KeySpecification) -> redis_key_spec {
        var entry = unsafe redis_key_spec()
        unsafe entry.flags = UInt64(flags(specification.access))
        if specification.isAmbiguous { unsafe entry.flags |= UInt64(REDIS_KEY_INCOMPLETE) }
        switch specification.place {
        case .index(let position):
            unsafe entry.begin = Int32(REDIS_SPEC_BEGIN_INDEX)
            unsafe entry.begin_search.index.position = Int32(position)
            unsafe entry.find = Int32(REDIS_SPEC_FIND_RANGE)
            unsafe entry.find_keys.range.step = 1
        case .counted(let keyword, let start):
            unsafe begin(&entry, at: keyword, from: start)
            unsafe entry.find = Int32(REDIS_SPEC_FIND_COUNT)
            unsafe entry.find_keys.count.first_key = 1
            unsafe entry.find_keys.count.step = 1
        case .single(let keyword, let start):
            unsafe begin(&entry, at: keyword, from: start)
            unsafe entry.find = Int32(REDIS_SPEC_FIND_RANGE)
            unsafe entry.find_keys.range.step = 1
        case .rest(let keyword, let start):
            unsafe begin(&entry, at: keyword, from: start)
            unsafe entry.find = Int32(REDIS_SPEC_FIND_RANGE)
            // Words that are no keys stand between them, so the server asks the command itself.
            unsafe entry.flags |= UInt64(REDIS_KEY_INCOMPLETE)
            unsafe entry.find_keys.range.last = -1
            unsafe entry.find_keys.range.step = 1
        }
        return unsafe entry
    }

    private func begin(_ entry: inout redis_key_spec, at keyword: StaticString, from start: Int) {
        unsafe entry.begin = Int32(REDIS_SPEC_BEGIN_KEYWORD)
        unsafe entry.begin_search.keyword.keyword = keyword.cString
        unsafe entry.begin_search.keyword.start_from = Int32(start)
    }

    private func flags(_ access: KeySpecification.Access) -> Int {
        switch access {
        case .read: REDIS_KEY_RO | REDIS_KEY_ACCESS
        case .overwrite: REDIS_KEY_OW | REDIS_KEY_UPDATE
        case .update: REDIS_KEY_RW | REDIS_KEY_ACCESS | REDIS_KEY_UPDATE
        case .delete: REDIS_KEY_RM | REDIS_KEY_DELETE
        case .inspect: REDIS_KEY_RO
        // The server asks for one of the four kinds even where nothing is touched.
        case .route: REDIS_KEY_RO | REDIS_KEY_NOT_KEY
        }
    }
}
