/*
 * The functions that the module redisai offers to other modules of the same server.
 *
 * Include this header, and no other one of the project, in C11 or C++17. Every function is a pointer of the
 * name RedisAI_<Function>, NULL until `RedisAI_Initialize` has fetched it: in RedisModule_OnLoad if the
 * server loads redisai first, else at the first use, since that fails as long as redisai is not there.
 * Version 2 is fetched by `RedisAI_Initialize2`. All files of a module share the pointers.
 *
 * For all functions:
 * - Threads. Any thread may call them, and calls may overlap, but for two calls with the same object of which
 *   one changes it. Only what is marked LOCK needs the server's lock: the thread of a command has it, others
 *   take it with RedisModule_ThreadSafeContextLock.
 * - Statuses are 0 for success and 1 for failure. Functions marked YES/NO return 1 for success and 0 for
 *   failure.
 * - References. Tensors, models and scripts are counted. What a function returns is the caller's to free
 *   unless it is marked BORROWED: that lives as long as what it was taken from. A function that keeps one
 *   that it is given adds a reference; the caller's stays the caller's.
 * - `err` may be NULL. An error that holds one already keeps it: the first one counts.
 * - Misuse. NULL, or an object of another kind, or one of the other objects (errors, contexts, DAGs, their
 *   operations, runs) that has been freed, is refused with what the function returns for a failure; where
 *   nothing is returned, nothing happens. A place is used again when 65,536 others of its kind have been
 *   freed. That a tensor, a model or a script has been freed cannot be told, as with free().
 * - Waiting. Who waits for a run with the server's lock stops the server meanwhile: until
 *   MODEL_EXECUTION_TIMEOUT, if a client's script on the same device waits for that lock.
 * - Unloading. A module that has runs under way, or memory that has not been given back, must refuse to be
 *   unloaded, in RedisModule_OnUnload.
 */
#ifndef REDISAI_H
#define REDISAI_H

#include <stddef.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The version that `RedisAI_Initialize` asks for, and the highest in this header. */
#define REDISAI_LLAPI_VERSION 1
#define REDISAI_LLAPI_HIGHEST_VERSION 2

/* The server's, as in redismodule.h. */
typedef struct RedisModuleCtx RedisModuleCtx;
typedef struct RedisModuleString RedisModuleString;
typedef struct RedisModuleType RedisModuleType;

typedef struct RAI_Tensor RAI_Tensor;
typedef struct RAI_Model RAI_Model;
typedef struct RAI_Script RAI_Script;
typedef struct RAI_ModelRunCtx RAI_ModelRunCtx;
typedef struct RAI_ScriptRunCtx RAI_ScriptRunCtx;
typedef struct RAI_DAGRunCtx RAI_DAGRunCtx;
typedef struct RAI_DAGRunOp RAI_DAGRunOp;
typedef struct RAI_Error RAI_Error;
typedef struct RAI_OnFinishCtx RAI_OnFinishCtx;
/* Version 2: a run that has been started. */
typedef struct RAI_Run RAI_Run;

/* How runs of a model may be joined; the last two are read and not used, as load-time settings decide. */
typedef struct RAI_ModelOpts {
    size_t batchsize;
    size_t minbatchsize;
    size_t minbatchtimeout;
    long long backends_intra_op_parallelism;
    long long backends_inter_op_parallelism;
} RAI_ModelOpts;

/*
 * Is called once for each run that was started, when it is over. On a thread of redisai, without the server's
 * lock, possibly before the starting function has returned. It may start runs, but not wait for one, nor for
 * the server's lock or anything slow: its device runs nothing meanwhile, and whoever has the lock may be
 * waiting for a run. RedisModule_ThreadSafeContextTryLock and a thread of your own are the ways out.
 */
typedef void (*RAI_OnFinishCB)(RAI_OnFinishCtx *ctx, void *private_data);

/* Version 2: gives memory back to its owner; on any thread. It must not wait for a run. */
typedef void (*RAI_ReleaseCB)(void *data, void *private_data);

#define REDISAI_BACKEND_TENSORFLOW 0
#define REDISAI_BACKEND_TFLITE 1
#define REDISAI_BACKEND_TORCH 2
#define REDISAI_BACKEND_ONNXRUNTIME 3

#define REDISAI_DEVICE_CPU 0
#define REDISAI_DEVICE_GPU 1

/* Version 2: types of elements. */
#define REDISAI_TYPE_UNKNOWN 0
#define REDISAI_TYPE_FLOAT 1
#define REDISAI_TYPE_DOUBLE 2
#define REDISAI_TYPE_FLOAT16 3
#define REDISAI_TYPE_BFLOAT16 4
#define REDISAI_TYPE_INT8 5
#define REDISAI_TYPE_INT16 6
#define REDISAI_TYPE_INT32 7
#define REDISAI_TYPE_INT64 8
#define REDISAI_TYPE_UINT8 9
#define REDISAI_TYPE_UINT16 10
#define REDISAI_TYPE_UINT32 11
#define REDISAI_TYPE_UINT64 12
#define REDISAI_TYPE_BOOL 13
#define REDISAI_TYPE_STRING 14

/* Version 2: states of a model. */
#define REDISAI_MODEL_LOADING 0
#define REDISAI_MODEL_READY 1
#define REDISAI_MODEL_FAILED 2

typedef enum RedisAI_ErrorCode {
    RedisAI_ErrorCode_OK = 0,
    RedisAI_ErrorCode_EMODELIMPORT = 1,
    RedisAI_ErrorCode_EMODELCONFIGURE = 2,
    RedisAI_ErrorCode_EMODELCREATE = 3,
    RedisAI_ErrorCode_EMODELRUN = 4,
    RedisAI_ErrorCode_EMODELSERIALIZE = 5,
    RedisAI_ErrorCode_EMODELFREE = 6,
    RedisAI_ErrorCode_ESCRIPTIMPORT = 7,
    RedisAI_ErrorCode_ESCRIPTCONFIGURE = 8,
    RedisAI_ErrorCode_ESCRIPTCREATE = 9,
    RedisAI_ErrorCode_ESCRIPTRUN = 10,
    RedisAI_ErrorCode_EUNSUPPORTEDBACKEND = 11,
    RedisAI_ErrorCode_EBACKENDNOTLOADED = 12,
    RedisAI_ErrorCode_ESCRIPTFREE = 13,
    RedisAI_ErrorCode_ETENSORSET = 14,
    RedisAI_ErrorCode_ETENSORGET = 15,
    RedisAI_ErrorCode_EDAGBUILDER = 16,
    RedisAI_ErrorCode_EDAGRUN = 17,
    RedisAI_ErrorCode_EFINISHCTX = 18,
    /* A key that holds nothing. */
    RedisAI_ErrorCode_EKEYEMPTY = 19
} RedisAI_ErrorCode;

/* Declares the type of a function, RedisAI_<Function>_function, and the pointer to it. */
#if defined(REDISAI_TYPES_ONLY)
#define REDISAI_FUNCTION(result, name, parameters) typedef result (*RedisAI_##name##_function) parameters
#elif defined(__cplusplus)
#define REDISAI_FUNCTION(result, name, parameters)        \
    typedef result(*RedisAI_##name##_function) parameters; \
    inline __attribute__((__visibility__("hidden"))) RedisAI_##name##_function RedisAI_##name = nullptr
#else
#define REDISAI_FUNCTION(result, name, parameters)         \
    typedef result (*RedisAI_##name##_function) parameters; \
    __attribute__((__common__, __visibility__("hidden"))) RedisAI_##name##_function RedisAI_##name
#endif

/* ---- Errors ---- */

/* Makes an error that holds none. */
REDISAI_FUNCTION(int, InitError, (RAI_Error **err));
/* Makes it hold none again. */
REDISAI_FUNCTION(void, ClearError, (RAI_Error *err));
REDISAI_FUNCTION(void, FreeError, (RAI_Error *err));
/* BORROWED until the error is cleared or freed; NULL if it holds none. */
REDISAI_FUNCTION(const char *, GetError, (RAI_Error *err));
/* The same with blanks in place of line breaks. */
REDISAI_FUNCTION(const char *, GetErrorOneLine, (RAI_Error *err));
REDISAI_FUNCTION(RedisAI_ErrorCode, GetErrorCode, (RAI_Error *err));
/* Copies the error that `src` holds, if it holds one and `dest` holds none. */
REDISAI_FUNCTION(void, CloneError, (RAI_Error *dest, const RAI_Error *src));

/* ---- Version ---- */

/* 1; see GetHighestLLAPIVersion. */
REDISAI_FUNCTION(int, GetLLAPIVersion, (void));

/* ---- Tensors: row-major, little-endian; strings lie back to back, each ended by a NUL ---- */

/*
 * Zeros, or empty strings; NULL for a type or shape that there is not, or without memory. `dataTypeStr` is a
 * name as AI.TENSORSET takes it. Such a tensor may be changed by the functions below.
 */
REDISAI_FUNCTION(RAI_Tensor *, TensorCreate, (const char *dataTypeStr, long long *dims, int ndims));
/* Copies, joined along the first dimension; NULL unless all have one and are alike in all else. */
REDISAI_FUNCTION(RAI_Tensor *, TensorCreateByConcatenatingTensors, (RAI_Tensor **ts, long long n));
/* A copy of some rows of the first dimension; NULL unless the tensor has them. */
REDISAI_FUNCTION(
    RAI_Tensor *, TensorCreateBySlicingTensor, (RAI_Tensor *t, long long offset, long long len));
/* Elements; 0 for NULL. */
REDISAI_FUNCTION(size_t, TensorLength, (RAI_Tensor *t));
/* Bytes of an element, 1 for BOOL and STRING; 0 for NULL. */
REDISAI_FUNCTION(size_t, TensorDataSize, (RAI_Tensor *t));
/* Never fetched: the pointer stays NULL. Version 2 has TensorElementType. */
REDISAI_FUNCTION(size_t, TensorDataType, (RAI_Tensor *t));
/* Gives back a reference. */
REDISAI_FUNCTION(void, TensorFree, (RAI_Tensor *t));
/*
 * YES/NO. Copies `len` bytes, which must be what type and shape ask for. Like the two functions below it
 * changes only what TensorCreate or TensorCreateOfType has made, which no run should be reading meanwhile;
 * strings only while nobody else has a reference.
 */
REDISAI_FUNCTION(int, TensorSetData, (RAI_Tensor *tensor, const char *data, size_t len));
/* YES/NO. For integers and BOOL, if the value fits. */
REDISAI_FUNCTION(int, TensorSetValueFromLongLong, (RAI_Tensor *tensor, long long i, long long val));
/* YES/NO. For types with fractions. */
REDISAI_FUNCTION(int, TensorSetValueFromDouble, (RAI_Tensor *tensor, long long i, double val));
/* YES/NO. NO for types without fractions; GetValueAsLongLong reads those. */
REDISAI_FUNCTION(int, TensorGetValueAsDouble, (RAI_Tensor *t, long long i, double *val));
/* YES/NO. For integers and BOOL; NO for a UINT64 that does not fit. */
REDISAI_FUNCTION(int, TensorGetValueAsLongLong, (RAI_Tensor *t, long long i, long long *val));
/* The same tensor with another reference. */
REDISAI_FUNCTION(RAI_Tensor *, TensorGetShallowCopy, (RAI_Tensor *t));
/* 0 for a scalar, and for NULL. */
REDISAI_FUNCTION(int, TensorNumDims, (RAI_Tensor *t));
/* -1 for a dimension that the tensor does not have. */
REDISAI_FUNCTION(long long, TensorDim, (RAI_Tensor *t, int dim));
REDISAI_FUNCTION(size_t, TensorByteSize, (RAI_Tensor *t));
/*
 * BORROWED, until TensorSetData. May be written to where TensorSetData could change the tensor, but for
 * strings; a BOOL is 0 or 1. A run refuses what is not so, and a key that holds it reads as zeros.
 */
REDISAI_FUNCTION(char *, TensorData, (RAI_Tensor *t));
/*
 * For RedisModule_ModuleTypeGetType and ...SetValue: the value of such a key is a RAI_Tensor. A key takes
 * over the reference that it is given, and replicas are not told. A tensor that a key holds is changed under
 * the server's lock only.
 */
REDISAI_FUNCTION(RedisModuleType *, TensorRedisType, (void));

/* ---- Models ---- */

/*
 * LOCK, and only on the server's own thread, if no model was on the device before. Builds a model while the
 * calling thread waits. `tag` may be NULL; `modeldef` is copied.
 */
REDISAI_FUNCTION(
    RAI_Model *, ModelCreate,
    (int backend, char *devicestr, char *tag, RAI_ModelOpts opts, size_t ninputs, const char **inputs,
     size_t noutputs, const char **outputs, const char *modeldef, size_t modellen, RAI_Error *err));
/* Gives back a reference. */
REDISAI_FUNCTION(void, ModelFree, (RAI_Model *model, RAI_Error *err));
/* A context without inputs and outputs; keeps the model. */
REDISAI_FUNCTION(RAI_ModelRunCtx *, ModelRunCtxCreate, (RAI_Model *model));
/* LOCK. `*model` is BORROWED while the key holds it; take a reference to keep it. `mode` is not used. */
REDISAI_FUNCTION(
    int, GetModelFromKeyspace,
    (RedisModuleCtx *ctx, RedisModuleString *keyName, RAI_Model **model, int mode, RAI_Error *err));
/* YES/NO. The next input; the name is not used. Keeps the tensor. */
REDISAI_FUNCTION(
    int, ModelRunCtxAddInput, (RAI_ModelRunCtx *mctx, const char *inputName, RAI_Tensor *inputTensor));
/* YES/NO. A place for the next output; the name is not used. */
REDISAI_FUNCTION(int, ModelRunCtxAddOutput, (RAI_ModelRunCtx *mctx, const char *outputName));
/* Places for outputs. */
REDISAI_FUNCTION(size_t, ModelRunCtxNumOutputs, (RAI_ModelRunCtx *mctx));
/* BORROWED. NULL before a run, after one that failed, and beyond the end. */
REDISAI_FUNCTION(RAI_Tensor *, ModelRunCtxOutputTensor, (RAI_ModelRunCtx *mctx, size_t index));
/* Nothing happens to a context that belongs to a run. */
REDISAI_FUNCTION(void, ModelRunCtxFree, (RAI_ModelRunCtx *mctx));
/*
 * Runs `n` contexts and waits; they count like other runs. On the server's own thread they run there, as in a
 * transaction; from others they go through the queue of the device. With the server's lock on another thread
 * it must not be called: a worker may be waiting for that lock. Refused within a callback, whose thread would
 * wait for itself.
 */
REDISAI_FUNCTION(int, ModelRun, (RAI_ModelRunCtx **mctx, long long n, RAI_Error *err));
/* The same model with another reference. */
REDISAI_FUNCTION(RAI_Model *, ModelGetShallowCopy, (RAI_Model *model));
/* The model's bytes as they were given, in a new block that the caller gives to RedisModule_Free. */
REDISAI_FUNCTION(int, ModelSerialize, (RAI_Model *model, char **buffer, size_t *len, RAI_Error *err));
/* As TensorRedisType; one model or script is for one key, which AI.INFO and MINBATCHSIZE go by. */
REDISAI_FUNCTION(RedisModuleType *, ModelRedisType, (void));
/*
 * Starts a run. On success the context belongs to it: every function refuses it until GetAsModelRunCtx has
 * handed it back. What goes wrong later, a full queue included, is told by the callback.
 */
REDISAI_FUNCTION(
    int, ModelRunAsync, (RAI_ModelRunCtx *mctxs, RAI_OnFinishCB DAGAsyncFinish, void *private_data));
/*
 * Within the callback, once: the context, which is the caller's again, and in `err` why the run failed. A
 * context that is not fetched is freed behind the callback. NULL for what is not of this kind, or is over.
 */
REDISAI_FUNCTION(RAI_ModelRunCtx *, GetAsModelRunCtx, (RAI_OnFinishCtx *ctx, RAI_Error *err));

/* ---- Scripts; what is said of models holds for them, too ---- */

REDISAI_FUNCTION(
    RAI_Script *, ScriptCreate, (char *devicestr, char *tag, const char *scriptdef, RAI_Error *err));
/* LOCK. */
REDISAI_FUNCTION(
    int, GetScriptFromKeyspace,
    (RedisModuleCtx *ctx, RedisModuleString *keyName, RAI_Script **script, int mode, RAI_Error *err));
REDISAI_FUNCTION(void, ScriptFree, (RAI_Script *script, RAI_Error *err));
/* The function is looked for when it runs. */
REDISAI_FUNCTION(RAI_ScriptRunCtx *, ScriptRunCtxCreate, (RAI_Script *script, const char *fnname));
/* YES/NO, as the four below. These two are deprecated; `err` is not used. */
REDISAI_FUNCTION(
    int, ScriptRunCtxAddInput, (RAI_ScriptRunCtx *sctx, RAI_Tensor *inputTensor, RAI_Error *err));
REDISAI_FUNCTION(
    int, ScriptRunCtxAddInputList,
    (RAI_ScriptRunCtx *sctx, RAI_Tensor **inputTensors, size_t len, RAI_Error *err));
REDISAI_FUNCTION(int, ScriptRunCtxAddTensorInput, (RAI_ScriptRunCtx *sctx, RAI_Tensor *inputTensor));
/* All of them or none. */
REDISAI_FUNCTION(
    int, ScriptRunCtxAddTensorInputList, (RAI_ScriptRunCtx *sctx, RAI_Tensor **inputTensors, size_t count));
REDISAI_FUNCTION(int, ScriptRunCtxAddOutput, (RAI_ScriptRunCtx *sctx));
REDISAI_FUNCTION(size_t, ScriptRunCtxNumOutputs, (RAI_ScriptRunCtx *sctx));
/* BORROWED. */
REDISAI_FUNCTION(RAI_Tensor *, ScriptRunCtxOutputTensor, (RAI_ScriptRunCtx *sctx, size_t index));
REDISAI_FUNCTION(void, ScriptRunCtxFree, (RAI_ScriptRunCtx *sctx));
/* Scripts that are run by other modules cannot ask the server: no user stands behind them. */
REDISAI_FUNCTION(int, ScriptRun, (RAI_ScriptRunCtx *sctx, RAI_Error *err));
REDISAI_FUNCTION(RAI_Script *, ScriptGetShallowCopy, (RAI_Script *script));
REDISAI_FUNCTION(RedisModuleType *, ScriptRedisType, (void));
REDISAI_FUNCTION(
    int, ScriptRunAsync, (RAI_ScriptRunCtx *sctx, RAI_OnFinishCB DAGAsyncFinish, void *private_data));
REDISAI_FUNCTION(RAI_ScriptRunCtx *, GetAsScriptRunCtx, (RAI_OnFinishCtx *ctx, RAI_Error *err));

/* ---- DAGs: changed until they are run, and run once ---- */

REDISAI_FUNCTION(RAI_DAGRunCtx *, DAGRunCtxCreate, (void));
REDISAI_FUNCTION(RAI_DAGRunOp *, DAGCreateModelRunOp, (RAI_Model *model));
REDISAI_FUNCTION(RAI_DAGRunOp *, DAGCreateScriptRunOp, (RAI_Script *script, const char *func_name));
/* Names within the DAG, which are copied. */
REDISAI_FUNCTION(int, DAGRunOpAddInput, (RAI_DAGRunOp *DAGOp, const char *input));
REDISAI_FUNCTION(int, DAGRunOpAddOutput, (RAI_DAGRunOp *DAGOp, const char *output));
/* On success the operation belongs to the DAG; else it stays the caller's, who may add to it. */
REDISAI_FUNCTION(int, DAGAddRunOp, (RAI_DAGRunCtx *run_info, RAI_DAGRunOp *DAGop, RAI_Error *err));
/* A tensor that is there at the start; refused if one of that name is loaded. */
REDISAI_FUNCTION(int, DAGLoadTensor, (RAI_DAGRunCtx *run_info, const char *t_name, RAI_Tensor *tensor));
REDISAI_FUNCTION(int, DAGAddTensorSet, (RAI_DAGRunCtx *run_info, const char *t_name, RAI_Tensor *tensor));
REDISAI_FUNCTION(int, DAGAddTensorGet, (RAI_DAGRunCtx *run_info, const char *t_name));
/*
 * LOCK. Commands as behind the options of AI.DAGEXECUTE, each behind a |>, with keys of database 0; all of
 * them or none.
 */
REDISAI_FUNCTION(int, DAGAddOpsFromString, (RAI_DAGRunCtx *run_info, const char *dag, RAI_Error *err));
/* Operations, loaded tensors not counted. */
REDISAI_FUNCTION(size_t, DAGNumOps, (RAI_DAGRunCtx *run_info));
/* Starts a run. On failure the callback is not called, and the DAG may be changed. */
REDISAI_FUNCTION(
    int, DAGRun,
    (RAI_DAGRunCtx *run_info, RAI_OnFinishCB DAGAsyncFinish, void *private_data, RAI_Error *err));
/* The four below from the begin of the callback until the DAG is freed; before they tell of nothing. */
REDISAI_FUNCTION(size_t, DAGNumOutputs, (RAI_OnFinishCtx *finish_ctx));
/* BORROWED. The tensor of the TENSORGET of that number; NULL if there is none. */
REDISAI_FUNCTION(const RAI_Tensor *, DAGOutputTensor, (RAI_OnFinishCtx *finish_ctx, size_t index));
/* Not 0 if something failed. */
REDISAI_FUNCTION(int, DAGRunError, (RAI_OnFinishCtx *finish_ctx));
/* BORROWED. The first error; it holds none if nothing failed. */
REDISAI_FUNCTION(const RAI_Error *, DAGGetError, (RAI_OnFinishCtx *finish_ctx));
/* Not for one that was added to a DAG: that is refused. */
REDISAI_FUNCTION(void, DAGRunOpFree, (RAI_DAGRunOp *dagOp));
/* From the callback on; nothing happens while the DAG runs. */
REDISAI_FUNCTION(void, DAGFree, (RAI_DAGRunCtx *run_info));

/* ---- Version 2 ---- */

/* The highest version that the loaded module has. */
REDISAI_FUNCTION(int, GetHighestLLAPIVersion, (void));

/* A number of REDISAI_TYPE_...; REDISAI_TYPE_UNKNOWN for NULL. */
REDISAI_FUNCTION(int, TensorElementType, (RAI_Tensor *t));
/* As AI.TENSORSET takes it; static memory. NULL for a number that is none. */
REDISAI_FUNCTION(const char *, ElementTypeName, (int type));
/* TensorCreate with the number of a type and a reason. */
REDISAI_FUNCTION(
    RAI_Tensor *, TensorCreateOfType, (int type, const long long *dims, int ndims, RAI_Error *err));
/*
 * A tensor over the caller's memory, which is not copied if it begins at a multiple of 64 bytes; else the
 * first run makes a copy. Nobody may write to it until `release` is called: once, when the last reference is
 * gone, on any thread, possibly as the server deletes a key. On failure it is not called.
 */
REDISAI_FUNCTION(
    RAI_Tensor *, TensorCreateFromMemory,
    (int type, const long long *dims, int ndims, void *data, size_t len, RAI_ReleaseCB release,
     void *private_data, RAI_Error *err));

/*
 * Start a run as ModelRunAsync, ScriptRunAsync and DAGRun do, with a deadline in milliseconds, 0 for none. At
 * the deadline the callback is called with an error; what runs then goes on until it ends or reaches
 * MODEL_EXECUTION_TIMEOUT, and what it brings is dropped. If `run` is not NULL, `*run` is the caller's to
 * free, before or after the end. On failure the callback is not called and the context stays the caller's.
 */
REDISAI_FUNCTION(
    int, ModelRunStart,
    (RAI_ModelRunCtx *mctx, long long deadline, RAI_OnFinishCB finish, void *private_data, RAI_Run **run,
     RAI_Error *err));
REDISAI_FUNCTION(
    int, ScriptRunStart,
    (RAI_ScriptRunCtx *sctx, long long deadline, RAI_OnFinishCB finish, void *private_data, RAI_Run **run,
     RAI_Error *err));
REDISAI_FUNCTION(
    int, DAGRunStart,
    (RAI_DAGRunCtx *run_info, long long deadline, RAI_OnFinishCB finish, void *private_data, RAI_Run **run,
     RAI_Error *err));
/* Ends a run as its deadline would: the callback tells. Refused if it is over. */
REDISAI_FUNCTION(int, RunCancel, (RAI_Run *run));
/* The run goes on. */
REDISAI_FUNCTION(void, RunFree, (RAI_Run *run));

/* YES/NO. The next of KEYS, or ARGS, of a script: any bytes, which are copied. */
REDISAI_FUNCTION(int, ScriptRunCtxAddKey, (RAI_ScriptRunCtx *sctx, const char *bytes, size_t len));
REDISAI_FUNCTION(int, ScriptRunCtxAddArg, (RAI_ScriptRunCtx *sctx, const char *bytes, size_t len));
/* The same for a script in a DAG; refused for a model. Statuses. */
REDISAI_FUNCTION(int, DAGRunOpAddKey, (RAI_DAGRunOp *DAGOp, const char *bytes, size_t len));
REDISAI_FUNCTION(int, DAGRunOpAddArg, (RAI_DAGRunOp *DAGOp, const char *bytes, size_t len));

/* REDISAI_MODEL_...; `err` tells why it has failed. -1 for NULL. */
REDISAI_FUNCTION(int, ModelState, (RAI_Model *model, RAI_Error *err));
/* -1 for NULL, and while nothing is known of the model because it is not ready. */
REDISAI_FUNCTION(int, ModelNumInputs, (RAI_Model *model));
REDISAI_FUNCTION(int, ModelNumOutputs, (RAI_Model *model));
/*
 * Writes a name and a NUL, cut off if there is no room for it. Returns the length of the whole; -1 as above,
 * and for an index beyond the end.
 */
REDISAI_FUNCTION(int, ModelInputName, (RAI_Model *model, size_t index, char *name, size_t room));
REDISAI_FUNCTION(int, ModelOutputName, (RAI_Model *model, size_t index, char *name, size_t room));
/* REDISAI_TYPE_..., REDISAI_TYPE_UNKNOWN for what is not a tensor; -1 as above. */
REDISAI_FUNCTION(int, ModelInputType, (RAI_Model *model, size_t index));
REDISAI_FUNCTION(int, ModelOutputType, (RAI_Model *model, size_t index));
/*
 * Writes as many dimensions as there are and there is room for, -1 for what only a run tells. Returns how
 * many there are; -1 as above, and if even that is known only at a run.
 */
REDISAI_FUNCTION(int, ModelInputShape, (RAI_Model *model, size_t index, long long *dims, int room));
REDISAI_FUNCTION(int, ModelOutputShape, (RAI_Model *model, size_t index, long long *dims, int room));

/* All functions that are fetched, by version: X(name). */
#define REDISAI_VERSION_1(X)                                                                        \
    X(InitError) X(ClearError) X(FreeError) X(GetError) X(GetErrorOneLine) X(GetErrorCode)          \
    X(CloneError) X(GetLLAPIVersion) X(TensorCreate) X(TensorCreateByConcatenatingTensors)          \
    X(TensorCreateBySlicingTensor) X(TensorLength) X(TensorDataSize) X(TensorFree) X(TensorSetData) \
    X(TensorSetValueFromLongLong) X(TensorSetValueFromDouble) X(TensorGetValueAsDouble)             \
    X(TensorGetValueAsLongLong) X(TensorGetShallowCopy) X(TensorNumDims) X(TensorDim)               \
    X(TensorByteSize) X(TensorData) X(TensorRedisType) X(ModelCreate) X(ModelFree)                  \
    X(ModelRunCtxCreate) X(GetModelFromKeyspace) X(ModelRunCtxAddInput) X(ModelRunCtxAddOutput)     \
    X(ModelRunCtxNumOutputs) X(ModelRunCtxOutputTensor) X(ModelRunCtxFree) X(ModelRun)              \
    X(ModelGetShallowCopy) X(ModelSerialize) X(ModelRedisType) X(ModelRunAsync)                     \
    X(GetAsModelRunCtx) X(ScriptCreate) X(GetScriptFromKeyspace) X(ScriptFree)                      \
    X(ScriptRunCtxCreate) X(ScriptRunCtxAddInput) X(ScriptRunCtxAddInputList)                       \
    X(ScriptRunCtxAddTensorInput) X(ScriptRunCtxAddTensorInputList) X(ScriptRunCtxAddOutput)        \
    X(ScriptRunCtxNumOutputs) X(ScriptRunCtxOutputTensor) X(ScriptRunCtxFree) X(ScriptRun)          \
    X(ScriptGetShallowCopy) X(ScriptRedisType) X(ScriptRunAsync) X(GetAsScriptRunCtx)               \
    X(DAGRunCtxCreate) X(DAGCreateModelRunOp) X(DAGCreateScriptRunOp) X(DAGRunOpAddInput)           \
    X(DAGRunOpAddOutput) X(DAGAddRunOp) X(DAGLoadTensor) X(DAGAddTensorSet) X(DAGAddTensorGet)      \
    X(DAGAddOpsFromString) X(DAGNumOps) X(DAGRun) X(DAGNumOutputs) X(DAGOutputTensor)               \
    X(DAGRunError) X(DAGGetError) X(DAGRunOpFree) X(DAGFree)

#define REDISAI_VERSION_2(X)                                                                   \
    X(GetHighestLLAPIVersion) X(TensorElementType) X(ElementTypeName) X(TensorCreateOfType)    \
    X(TensorCreateFromMemory) X(ModelRunStart) X(ScriptRunStart) X(DAGRunStart) X(RunCancel)   \
    X(RunFree) X(ScriptRunCtxAddKey) X(ScriptRunCtxAddArg) X(DAGRunOpAddKey) X(DAGRunOpAddArg) \
    X(ModelState) X(ModelNumInputs) X(ModelNumOutputs) X(ModelInputName) X(ModelOutputName)    \
    X(ModelInputType) X(ModelOutputType) X(ModelInputShape) X(ModelOutputShape)

#ifndef REDISAI_TYPES_ONLY

/* Fetches one function; a line in the log says if it is not there. */
static inline int RedisAI_Fetch(RedisModuleCtx *ctx, const char *name, void *pointer) {
    typedef int (*look_up)(const char *name, void *target);
    void *(*get)(RedisModuleCtx *, const char *) = NULL;
    void (*log)(RedisModuleCtx *, const char *, const char *, ...) = NULL;
    /* The first word of every context is the server's function that finds all others. */
    look_up find = *(look_up *)(void *)ctx;
    if (find("RedisModule_GetSharedAPI", (void *)&get) != 0 || !get) return 1;
    void *function = get(ctx, name);
    if (function) {
        memcpy(pointer, &function, sizeof function);
        return 0;
    }
    if (find("RedisModule_Log", (void *)&log) == 0 && log) {
        log(ctx, "warning", "could not initialize %s", name);
    }
    return 1;
}

#define REDISAI_FETCH(name) \
    if (RedisAI_Fetch(ctx, "RedisAI_" #name, (void *)&RedisAI_##name) != 0) return 1;

/*
 * Fetches version 1. With the context of RedisModule_OnLoad or of any call of the server, under its lock.
 * Returns 1 if redisai is not loaded yet, which a line in the log says; it may be tried again.
 */
static inline int RedisAI_Initialize(RedisModuleCtx *ctx) {
    REDISAI_VERSION_1(REDISAI_FETCH)
    return RedisAI_GetLLAPIVersion() >= REDISAI_LLAPI_VERSION ? 0 : 1;
}

/* Fetches versions 1 and 2. Returns 1 if the module that is loaded has version 1 only. */
static inline int RedisAI_Initialize2(RedisModuleCtx *ctx) {
    if (RedisAI_Initialize(ctx) != 0) return 1;
    REDISAI_VERSION_2(REDISAI_FETCH)
    return RedisAI_GetHighestLLAPIVersion() >= 2 ? 0 : 1;
}

#undef REDISAI_FETCH

#endif

#ifdef __cplusplus
}
#endif

#endif
