import Execution
import Tensors
import Testing

@testable import Commands
@testable import Redis

/// The sentence of each error, as clients compare it.
@Suite struct ErrorTextTests {
    static let general: [(CommandError, String)] = [
        (.arity("AI.TENSORSET"), "ERR wrong number of arguments for 'AI.TENSORSET' command"),
        (.wrongType, "WRONGTYPE Operation against a key holding the wrong kind of value"),
        (.inTransaction, "ERR Cannot run RedisAI command within a transaction or a LUA script"),
        (.notStored(.paused), "ERR nothing was stored, because writes are paused; try again"),
        (.notStored(.replica), "ERR nothing was stored, because the server has become a replica"),
    ]

    static let tensors: [(CommandError, String)] = [
        (.invalidDataType, "ERR invalid data type"),
        (.invalidShape, "ERR invalid or negative value found in tensor shape"),
        (
            .blobArgumentCount,
            "ERR a single binary string should come after the BLOB argument in 'AI.TENSORSET' command"
        ),
        (.valueArgumentCount, "ERR wrong number of values was given in 'AI.TENSORSET' command"),
        (.invalidValue, "ERR invalid value"),
        (.stringContainsNul, "ERR C-string value contains null character"),
        (.byteCountMismatch, "ERR data length does not match tensor shape and type"),
        (.invalidBool, "ERR BOOL tensor elements must be 0 or 1"),
        (.stringCountMismatch, "ERR Number of string elements in data blob does not match tensor length"),
        (.tensorTooLarge, "ERR tensor shape is too large"),
        (.tensorMissing, "ERR tensor key is empty or in a different shard"),
        (.unsupportedFormat, "ERR unsupported data format"),
        (.blobAndValues, "ERR both BLOB and VALUES specified"),
    ]

    static let storing: [(CommandError, String)] = [
        (.unsupportedBackend, "ERR unsupported backend"),
        (.invalidDevice, "ERR Invalid DEVICE"),
        (.unsupportedDevice(.onnxRuntime), "ERR unsupported device"),
        (.unsupportedDevice(.tensorFlowLite), "ERR Unsupported device"),
        (.invalidBatchSize, "ERR Invalid argument for BATCHSIZE"),
        (.invalidMinimumBatchSize, "ERR Invalid argument for MINBATCHSIZE"),
        (.minimumBatchSizeWithoutBatchSize, "ERR MINBATCHSIZE specified without BATCHSIZE"),
        (.minimumBatchSizeTooLarge, "ERR MINBATCHSIZE must not exceed BATCHSIZE"),
        (.invalidMinimumBatchTimeout, "ERR Invalid argument for MINBATCHTIMEOUT"),
        (.minimumBatchTimeoutWithoutBatchSize, "ERR MINBATCHTIMEOUT specified without BATCHSIZE"),
        (.minimumBatchTimeoutWithoutMinimumBatchSize, "ERR MINBATCHTIMEOUT specified without MINBATCHSIZE"),
        (.missingModelBlob, "ERR Insufficient arguments, missing model BLOB"),
        (.inputsNotSpecifiedForTensorFlow, "ERR INPUTS not specified for TF"),
        (.invalidInputCount, "ERR Invalid argument for input_count"),
        (.modelInputNamesMissing, "ERR number of model inputs does not match the number of given arguments"),
        (.inputsNotForThisBackend, "ERR INPUTS argument should not be specified for this backend"),
        (.outputsNotSpecifiedForTensorFlow, "ERR OUTPUTS not specified for TF"),
        (.invalidOutputCount, "ERR Invalid argument for output_count"),
        (
            .modelOutputNamesMissing,
            "ERR number of model outputs does not match the number of given arguments"
        ),
        (.expectedBlob, "ERR Invalid argument, expected BLOB"),
        (.batchingNotSupported, "ERR Auto-batching not supported by the TFLITE backend"),
        (.inputsAndOutputsNotSpecified, "ERR Insufficient arguments, INPUTS and OUTPUTS not specified"),
        (.modelTooLargeForMemory, "ERR not enough memory for the model"),
    ]

    static let running: [(CommandError, String)] = [
        (.modelMissing, "ERR model key is empty"),
        (.inputsNotSpecified, "ERR INPUTS not specified"),
        (.nonPositiveInputCount, "ERR Input count must be a positive integer"),
        (
            .inputKeysMissing("AI.MODELEXECUTE"),
            "ERR number of input keys to AI.MODELEXECUTE command"
                + " does not match the number of given arguments"
        ),
        (.outputsNotSpecified, "ERR OUTPUTS not specified"),
        (.nonPositiveOutputCount, "ERR Output count must be a positive integer"),
        (
            .outputKeysMissing("AI.MODELEXECUTE"),
            "ERR number of output keys to AI.MODELEXECUTE command"
                + " does not match the number of given arguments"
        ),
        (.missingTimeout, "ERR No value provided for TIMEOUT"),
        (.invalidTimeout, "ERR Invalid value for TIMEOUT"),
        (.invalidArgument("more"), "Invalid argument: more"),
        (.backendUnavailable, "ERR Could not load backend"),
        (.scriptMissing, "ERR script key is empty"),
    ]

    static let loadingNotAllowed =
        "ERR only libraries in the folder BACKENDSPATH may be loaded. Others, and another folder, need "
        + "ALLOW_LOAD when the module is loaded: yes, or local for connections from the server's machine"

    static let settings: [(CommandError, String)] = [
        (.statisticsMissing, "ERR cannot find run info for key"),
        (.configure(.missingPath), "ERR BACKENDSPATH: missing path argument"),
        (.configure(.missingChunkSize), "ERR MODEL_CHUNK_SIZE: missing chunk size"),
        (.configure(.invalidChunkSize), "ERR MODEL_CHUNK_SIZE: invalid chunk size"),
        (.configure(.unsupportedSubcommand), "ERR unsupported subcommand"),
        (.configure(.backendNotLoaded), "ERR error loading backend"),
        (.configure(.loadingNotAllowed), loadingNotAllowed),
        (.execution(.libraryOutside(.onnxRuntime)), loadingNotAllowed),
        (
            .configure(.onlyForClients),
            "ERR AI.CONFIG changes nothing for scripts, replication or other modules"
        ),
    ]

    static let dags: [(DagError, String)] = [
        (.wordsMissing("AI.DAGEXECUTE_RO"), "ERR missing arguments for 'AI.DAGEXECUTE_RO' command"),
        (.loadWordsMissing, "ERR missing arguments after LOAD keyword in DAG command"),
        (.invalidLoadCount, "ERR invalid or negative value found in number of keys to LOAD"),
        (
            .loadKeysMissing,
            "ERR number of keys to LOAD into DAG does not match the number of given arguments"
        ),
        (.persistInReadOnly, "ERR PERSIST cannot be specified in a read-only DAG"),
        (.persistWordsMissing, "ERR missing arguments after PERSIST keyword in DAG command"),
        (.invalidPersistCount, "ERR invalid or negative value found in number of keys to PERSIST"),
        (.persistKeysRepeat, "ERR PERSIST keys must be unique"),
        (
            .persistKeysMissing,
            "ERR number of keys to PERSIST after DAG execution"
                + " does not match the number of given arguments"
        ),
        (.routeMissing, "ERR Missing ROUTING value"),
        (.unexpectedWord("x"), "ERR Invalid DAG command. Unexpected argument:  x"),
        (.withoutKeys, DagGrammarTests.withoutKeys), (.empty, "ERR DAG is empty"),
        (.unsupportedCommand, "Unsupported command within DAG"),
        (
            .deprecatedCommand("AI.SCRIPTRUN"),
            "Deprecated AI.SCRIPTRUN cannot be used in AI.DAGEXECUTE command"
        ),
        (
            .currentCommand("AI.SCRIPTEXECUTE"),
            "AI.SCRIPTEXECUTE cannot be used in a deprecated AI.DAGRUN command"
        ),
        (.scriptInReadOnly, "ERR AI.SCRIPTEXECUTE command cannot be specified in a read-only DAG"),
        (.arity("AI.TENSORGET"), "wrong number of arguments for 'AI.TENSORGET' command"),
        (.timeoutOfCommand, "ERR TIMEOUT not allowed within a DAG command"),
        (.inputUnknown, "ERR INPUT key cannot be found in DAG"),
        (.persistUnknown, "ERR PERSIST key cannot be found in DAG"),
    ]

    @Test(arguments: dags)
    func isTheSentenceOfARefusedDAG(_ error: DagError, _ text: String) {
        #expect(CommandError.dag(error).text == text)
    }

    @Test(arguments: general + tensors + storing + running + settings)
    func isTheSentenceThatClientsKnow(_ error: CommandError, _ text: String) {
        #expect(error.text == text)
    }

    static let execution: [(ExecutionError, String)] = [
        (.backend("any words of a runtime"), "any words of a runtime"),
        (.libraryUnavailable(.tensorFlow, reason: "secret/path"), "ERR Backend not loaded: TF"),
        (.libraryUnavailable(.tensorFlowLite, reason: ""), "ERR Backend not loaded: TFLITE"),
        (.libraryUnavailable(.torch, reason: ""), "ERR Backend not loaded: TORCH"),
        (.libraryUnavailable(.onnxRuntime, reason: ""), "ERR Backend not loaded: ONNX"),
        (.unsupportedDevice, "ERR unsupported device"),
        (.noGPU(.tensorFlow), "ERR GPU requested but TF couldn't find CUDA"),
        (.noGPU(.tensorFlowLite), "ERR GPU requested but TFLITE couldn't find CUDA"),
        (.noGPU(.torch), "GPU requested but Torch couldn't find CUDA"),
        (.noGPU(.onnxRuntime), "ERR GPU requested but ONNX couldn't find CUDA"),
        (.queueFull(device: "CPU", limit: 7), "ERR the queue of device CPU is full: 7 requests are waiting"),
        (
            .tooManyDevices(device: "CPU:9", limit: 7),
            "ERR no workers for device CPU:9: there are 7 devices, and DEVICE_LIMIT allows no more"
        ),
        (.inputCountMismatch, "Number of keys given as INPUTS here does not match model definition"),
        (.outputCountMismatch, "Number of keys given as OUTPUTS here does not match model definition"),
        (.unexpectedOutputCount, "ERR Model did not generate the expected number of outputs"),
        (.missingInput, "ERR an input was made by an earlier step as something that is not a tensor"),
        (
            .builderUnavailable,
            "ERR no thread to build on could be started: too little memory or too many threads; try later"
        ),
        (.invalidTensor, "ERR the elements of an input are not what its type asks for"),
        (.queueUnavailable, "ERR Could not initialize queue on requested device"),
        (.loading, "ERR the model is still loading; try again"),
        (.scriptLoading, "ERR the script is still loading; try again"),
        (.withoutScripts(.onnxRuntime), "ERR scripts do not run in backend ONNX"),
        (.outOfMemory, "ERR not enough memory for the tensors of the run"),
    ]

    static let noPermission =
        "NOPERM this user has no permissions to run the 'AI.MODELEXECUTE' command or to access its key"

    @Test func isTheSentenceOfACommandThatADagMayNotRun() {
        #expect(CommandError.noPermission("AI.MODELEXECUTE").text == Self.noPermission)
    }

    static let server: [(ServerCallFailure, String)] = [
        (.answered("WRONGTYPE any words"), "WRONGTYPE any words"),
        (.refused("Invalid argument"), "Invalid argument"),
        (.notAllowed, "ERR the command is not allowed from scripts"),
        (.obstacle(.paused), "ERR writes are paused; try again"),
        (.obstacle(.replica), "READONLY You can't write against a read only replica."),
        (.noPermission("AI.MODELEXECUTE"), noPermission),
        (
            .unchecked,
            "ERR this server cannot check the rights of scripts; ALLOW_UNCHECKED_SCRIPTS lets them do all"
        ),
        (.userMissing, "NOPERM The user of the client does not exist any more"),
        (.unexpected, "Unexpected internal error"),
    ]

    @Test(arguments: server)
    func isTheSentenceOfACommandThatAScriptCalls(_ failure: ServerCallFailure, _ text: String) {
        #expect(CommandError.serverCall(failure).text == text)
    }

    @Test(arguments: execution)
    func isTheSentenceOfAFailedRun(_ error: ExecutionError, _ text: String) {
        #expect(CommandError.execution(error).text == text)
    }

    @Test(
        arguments: [
            (.shapeTooLarge, "ERR tensor shape is too large"),
            (
                .byteCountMismatch(expected: 4, actual: 3),
                "ERR data length does not match tensor shape and type"
            ),
            (
                .valueCountMismatch(expected: 4, actual: 3),
                "ERR wrong number of values was given in 'AI.TENSORSET' command"
            ),
            (.invalidValue, "ERR invalid value"), (.invalidBool, "ERR BOOL tensor elements must be 0 or 1"),
            (.stringCountMismatch, "ERR Number of string elements in data blob does not match tensor length"),
            (.stringContainsNul, "ERR C-string value contains null character"),
            (.outOfMemory(byteCount: 9), "ERR tensor shape is too large"),
        ] as [(TensorError, String)])
    func isTheSentenceOfATensorThatCannotBeMade(_ error: TensorError, _ text: String) {
        #expect(CommandError(error).text == text)
    }
}
