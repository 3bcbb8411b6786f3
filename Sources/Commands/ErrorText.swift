import Execution
import Redis

/// Every error that a client can read, in the words that clients of this command set know.
enum ErrorText {
    static func text(of error: CommandError) -> String {
        switch error {
        case .arity(let name): "ERR wrong number of arguments for '\(name)' command"
        case .wordsTooLong: "ERR not enough memory for the words of the command"
        case .wrongType: "WRONGTYPE Operation against a key holding the wrong kind of value"
        case .inTransaction: "ERR Cannot run RedisAI command within a transaction or a LUA script"
        case .notStored(let obstacle): text(of: obstacle)
        case .noPermission(let command): noPermission(command)
        case .invalidDataType: "ERR invalid data type"
        case .invalidShape: "ERR invalid or negative value found in tensor shape"
        case .blobArgumentCount:
            "ERR a single binary string should come after the BLOB argument in 'AI.TENSORSET' command"
        case .valueArgumentCount: "ERR wrong number of values was given in 'AI.TENSORSET' command"
        case .invalidValue: "ERR invalid value"
        case .stringContainsNul: "ERR C-string value contains null character"
        case .byteCountMismatch: "ERR data length does not match tensor shape and type"
        case .invalidBool: "ERR BOOL tensor elements must be 0 or 1"
        case .stringCountMismatch: "ERR Number of string elements in data blob does not match tensor length"
        case .tensorTooLarge: "ERR tensor shape is too large"
        case .zerosBeyondBulkLimit(let count, let limit): zerosBeyondBulkLimit(count, limit: limit)
        case .zerosBeyondMaxMemory(let count, let room): zerosBeyondMaxMemory(count, room: room)
        case .tensorMissing: "ERR tensor key is empty or in a different shard"
        case .unsupportedFormat: "ERR unsupported data format"
        case .blobAndValues: "ERR both BLOB and VALUES specified"

        case .unsupportedBackend: "ERR unsupported backend"
        case .invalidDevice: "ERR Invalid DEVICE"
        case .unsupportedDevice(let kind): kind == .tensorFlowLite ? "ERR Unsupported device" : deviceWords
        case .invalidBatchSize: "ERR Invalid argument for BATCHSIZE"
        case .invalidMinimumBatchSize: "ERR Invalid argument for MINBATCHSIZE"
        case .minimumBatchSizeWithoutBatchSize: "ERR MINBATCHSIZE specified without BATCHSIZE"
        case .minimumBatchSizeTooLarge: "ERR MINBATCHSIZE must not exceed BATCHSIZE"
        case .invalidMinimumBatchTimeout: "ERR Invalid argument for MINBATCHTIMEOUT"
        case .minimumBatchTimeoutWithoutBatchSize: "ERR MINBATCHTIMEOUT specified without BATCHSIZE"
        case .minimumBatchTimeoutWithoutMinimumBatchSize:
            "ERR MINBATCHTIMEOUT specified without MINBATCHSIZE"
        case .missingModelBlob: "ERR Insufficient arguments, missing model BLOB"
        case .inputsNotSpecifiedForTensorFlow: "ERR INPUTS not specified for TF"
        case .invalidInputCount: "ERR Invalid argument for input_count"
        case .modelInputNamesMissing: tooFewWords("model inputs")
        case .inputsNotForThisBackend: "ERR INPUTS argument should not be specified for this backend"
        case .outputsNotSpecifiedForTensorFlow: "ERR OUTPUTS not specified for TF"
        case .invalidOutputCount: "ERR Invalid argument for output_count"
        case .modelOutputNamesMissing: tooFewWords("model outputs")
        case .expectedBlob: "ERR Invalid argument, expected BLOB"
        case .batchingNotSupported: "ERR Auto-batching not supported by the TFLITE backend"
        case .inputsAndOutputsNotSpecified: "ERR Insufficient arguments, INPUTS and OUTPUTS not specified"
        case .modelTooLargeForMemory: "ERR not enough memory for the model"

        case .modelMissing: "ERR model key is empty"
        case .inputsNotSpecified: "ERR INPUTS not specified"
        case .nonPositiveInputCount: "ERR Input count must be a positive integer"
        case .inputKeysMissing(let name): tooFewWords("input keys to \(name) command")
        case .outputsNotSpecified: "ERR OUTPUTS not specified"
        case .nonPositiveOutputCount: "ERR Output count must be a positive integer"
        case .outputKeysMissing(let name): tooFewWords("output keys to \(name) command")
        case .missingTimeout: "ERR No value provided for TIMEOUT"
        case .invalidTimeout: "ERR Invalid value for TIMEOUT"
        case .invalidArgument(let word): "Invalid argument: \(word)"
        case .execution(let error): text(of: error)
        case .backendUnavailable: "ERR Could not load backend"
        case .scriptMissing: "ERR script key is empty"
        case .script(let error): text(of: error)
        case .serverCall(let failure): text(of: failure)
        case .dag(let error): text(of: error)

        case .statisticsMissing: "ERR cannot find run info for key"
        case .configure(let error): text(of: error)
        }
    }

    private static func text(of error: ConfigureError) -> String {
        switch error {
        case .missingPath: "ERR BACKENDSPATH: missing path argument"
        case .missingChunkSize: "ERR MODEL_CHUNK_SIZE: missing chunk size"
        case .invalidChunkSize: "ERR MODEL_CHUNK_SIZE: invalid chunk size"
        case .unsupportedSubcommand: "ERR unsupported subcommand"
        case .backendNotLoaded: "ERR error loading backend"
        case .loadingNotAllowed: loadingWords
        case .onlyForClients: "ERR AI.CONFIG changes nothing for scripts, replication or other modules"
        }
    }

    private static func zerosBeyondBulkLimit(_ byteCount: Int, limit: Int) -> String {
        "ERR the tensor has \(byteCount) bytes, and proto-max-bulk-len allows \(limit)"
    }

    private static func zerosBeyondMaxMemory(_ byteCount: Int, room: Int) -> String {
        "OOM the tensor has \(byteCount) bytes, and maxmemory leaves \(room)"
    }

    private static let deviceWords = "ERR unsupported device"
    private static let loadingWords =
        "ERR only libraries in the folder BACKENDSPATH may be loaded. Others, and another folder, need "
        + "ALLOW_LOAD when the module is loaded: yes, or local for connections from the server's machine"

    private static func noPermission(_ command: some CustomStringConvertible) -> String {
        "NOPERM this user has no permissions to run the '\(command)' command or to access its key"
    }

    private static func text(of obstacle: WriteObstacle) -> String {
        switch obstacle {
        case .paused: "ERR nothing was stored, because writes are paused; try again"
        case .replica: "ERR nothing was stored, because the server has become a replica"
        }
    }

    /// A count that promised more words than there are.
    private static func tooFewWords(_ what: String) -> String {
        "ERR number of \(what) does not match the number of given arguments"
    }

    private static func text(of error: ExecutionError) -> String {
        switch error {
        case .backend(let words): words
        case .libraryUnavailable(let kind, _): "ERR Backend not loaded: \(kind.wireName)"
        case .libraryOutside: loadingWords
        case .unsupportedDevice: deviceWords
        case .noGPU(let kind): noGPU(kind)
        case .queueFull(let device, let limit):
            "ERR the queue of device \(device) is full: \(limit) requests are waiting"
        case .batchWaitFull(let limit):
            "ERR \(limit) requests wait for MINBATCHSIZE of the model, and QUEUE_LIMIT allows no more"
        case .deviceStuck(let device, let count):
            "BUSY device \(device) has no worker left: \(count) runs are beyond MODEL_EXECUTION_TIMEOUT and "
                + "do not stop; try again later"
        case .modelStuck:
            "BUSY the model allows one run at a time, and one is beyond MODEL_EXECUTION_TIMEOUT and does not "
                + "stop; try again later"
        case .runLost: "ERR the run took longer than MODEL_EXECUTION_TIMEOUT and could not be stopped"
        case .buildTooLong(let milliseconds):
            "ERR building took longer than the \(milliseconds) ms of MODEL_BUILD_TIMEOUT"
        case .buildersStuck(let count):
            "BUSY nothing can be built: \(count) builds are beyond MODEL_BUILD_TIMEOUT and do not end; try "
                + "again later"
        case .builderUnavailable:
            "ERR no thread to build on could be started: too little memory or too many threads; try later"
        case .tooManyDevices(let device, let limit):
            "ERR no workers for device \(device): there are \(limit) devices, and DEVICE_LIMIT allows no more"
        case .loading: "ERR the model is still loading; try again"
        case .scriptLoading: "ERR the script is still loading; try again"
        case .withoutScripts(let kind): "ERR scripts do not run in backend \(kind.wireName)"
        case .inputCountMismatch: "Number of keys given as INPUTS here does not match model definition"
        case .outputCountMismatch: "Number of keys given as OUTPUTS here does not match model definition"
        case .unexpectedOutputCount: "ERR Model did not generate the expected number of outputs"
        case .missingInput: "ERR an input was made by an earlier step as something that is not a tensor"
        case .invalidTensor: "ERR the elements of an input are not what its type asks for"
        case .queueUnavailable: "ERR Could not initialize queue on requested device"
        case .outOfMemory: "ERR not enough memory for the tensors of the run"
        }
    }

    private static func text(of error: ScriptError) -> String {
        switch error {
        case .entryPointsMissing: "ERR Insufficient arguments, missing script entry points"
        case .invalidEntryPointCount:
            "ERR Non numeric entry points number provided to AI.SCRIPTSTORE command"
        case .sourceMissing: "ERR Insufficient arguments, missing script SOURCE"

        case .keysOrInputsNotFirst:
            "ERR KEYS or INPUTS scope must be provided first for AI.SCRIPTEXECUTE command"
        case .keysWordsMissing: "ERR Missing arguments after KEYS keyword"
        case .invalidKeyCount: "ERR Invalid or negative value found in number of KEYS"
        case .keysMissing:
            "ERR Number of pre declared KEYS to be used in the command does not match the number of given "
                + "arguments"
        case .wordsMissing: "ERR Invalid arguments provided to AI.SCRIPTEXECUTE"
        case .invalidCount(.inputs): "ERR Invalid argument for inputs count in AI.SCRIPTEXECUTE"
        case .invalidCount(.outputs): "ERR Invalid argument for outputs count in AI.SCRIPTEXECUTE"
        case .invalidCount(.keys), .invalidCount(.arguments):
            "ERR Invalid argument for keys count in AI.SCRIPTEXECUTE"
        case .tooFewWords(let section): tooFewWords("\(noun(of: section)) to AI.SCRIPTEXECUTE command")
        case .repeatedSection(let section):
            "ERR Already Encountered \(noun(of: section).uppercased()) scope in AI.SCRIPTEXECUTE command"
        case .timeoutMissing: "ERR No value provided for TIMEOUT in AI.SCRIPTEXECUTE"
        case .wordsBehindTimeout: "ERR Encountered problem parsing AI.SCRIPTEXECUTE"
        case .unexpectedWord(let word): "ERR Invalid AI.SCRIPTEXECUTE command. Unexpected argument: \(word)"

        case .repeatedTimeout: "ERR Already encountered an TIMEOUT section in SCRIPTRUN"
        case .inputsBehindOutputs: "ERR Already encountered an INPUTS section in SCRIPTRUN"
        case .repeatedInputs: "ERR Already encountered an INPUTS keyword in SCRIPTRUN"
        case .repeatedOutputs: "ERR Already encountered an OUTPUTS keyword in SCRIPTRUN"
        case .listOutsideInputs:
            "ERR Encountered a variable size list of tensors outside of input section"
        case .repeatedList: "ERR Already encountered a variable size list of tensors"
        case .unknownParameter: "ERR Unrecongnized parameter to SCRIPTRUN"
        }
    }

    private static func noun(of section: ScriptError.Section) -> String {
        switch section {
        case .keys: "keys"
        case .inputs: "inputs"
        case .arguments: "args"
        case .outputs: "outputs"
        }
    }

    /// In a script these stand behind `Redis command returned an error: `.
    private static func text(of failure: ServerCallFailure) -> String {
        switch failure {
        case .answered(let words), .refused(let words): words
        case .notAllowed: "ERR the command is not allowed from scripts"
        case .obstacle(.paused): "ERR writes are paused; try again"
        case .obstacle(.replica): "READONLY You can't write against a read only replica."
        case .noPermission(let command): noPermission(command)
        case .elsewhere: "ERR the key belongs to another shard of the cluster"
        case .unchecked:
            "ERR this server cannot check the rights of scripts; ALLOW_UNCHECKED_SCRIPTS lets them do all"
        case .userMissing: "NOPERM The user of the client does not exist any more"
        case .databaseMissing(let number): "ERR The server has no database \(number)"
        case .unexpected: "Unexpected internal error"
        }
    }

    private static func text(of error: DagError) -> String {
        switch error {
        case .wordsMissing(let name): "ERR missing arguments for '\(name)' command"
        case .loadWordsMissing: "ERR missing arguments after LOAD keyword in DAG command"
        case .invalidLoadCount: "ERR invalid or negative value found in number of keys to LOAD"
        case .loadKeysMissing: tooFewWords("keys to LOAD into DAG")
        case .persistInReadOnly: "ERR PERSIST cannot be specified in a read-only DAG"
        case .persistWordsMissing: "ERR missing arguments after PERSIST keyword in DAG command"
        case .invalidPersistCount: "ERR invalid or negative value found in number of keys to PERSIST"
        case .persistKeysRepeat: "ERR PERSIST keys must be unique"
        case .persistKeysMissing: tooFewWords("keys to PERSIST after DAG execution")
        case .routeMissing: "ERR Missing ROUTING value"
        case .unexpectedWord(let word): "ERR Invalid DAG command. Unexpected argument:  \(word)"
        case .withoutKeys:
            "ERR AI.DAGEXECUTE and AI.DAGEXECUTE_RO commands must contain at least one out of "
                + "ROUTING, LOAD, PERSIST keywords"
        case .empty: "ERR DAG is empty"

        case .unsupportedCommand: "Unsupported command within DAG"
        case .deprecatedCommand(let name): "Deprecated \(name) cannot be used in AI.DAGEXECUTE command"
        case .currentCommand(let name): "\(name) cannot be used in a deprecated AI.DAGRUN command"
        case .scriptInReadOnly: "ERR AI.SCRIPTEXECUTE command cannot be specified in a read-only DAG"
        case .arity(let name): "wrong number of arguments for '\(name)' command"
        case .timeoutOfCommand: "ERR TIMEOUT not allowed within a DAG command"

        case .inputUnknown: "ERR INPUT key cannot be found in DAG"
        case .persistUnknown: "ERR PERSIST key cannot be found in DAG"
        }
    }

    private static func noGPU(_ kind: BackendKind) -> String {
        switch kind {
        case .tensorFlow: "ERR GPU requested but TF couldn't find CUDA"
        case .tensorFlowLite: "ERR GPU requested but TFLITE couldn't find CUDA"
        case .torch: "GPU requested but Torch couldn't find CUDA"
        case .onnxRuntime: "ERR GPU requested but ONNX couldn't find CUDA"
        }
    }
}
