// What is used of Python's stable interface: every CPython from 3.11 on has it, without other builds of this.
//
// Docs: "C API Stability" and "Stable ABI" of Python. Unless a comment says otherwise, functions return NULL
// or -1 with an exception set, and references that they return are the caller's.
#ifndef FLOWS_PYTHON_H
#define FLOWS_PYTHON_H

#include <stddef.h>
#include <sys/types.h>

typedef struct _typeobject PyTypeObject;
typedef struct _object {
    ssize_t ob_refcnt;
    PyTypeObject *ob_type;
} PyObject;
typedef struct _ts PyThreadState;

// Values

extern PyObject _Py_NoneStruct, _Py_TrueStruct, _Py_FalseStruct;
#define Py_None (&_Py_NoneStruct)
#define Py_True (&_Py_TrueStruct)
#define Py_False (&_Py_FalseStruct)

extern PyTypeObject PyBool_Type, PyByteArray_Type, PyBytes_Type, PyDict_Type, PyFloat_Type, PyList_Type,
    PyLong_Type, PyMemoryView_Type, PyTuple_Type, PyUnicode_Type;

void Py_IncRef(PyObject *object);  // nothing for NULL
void Py_DecRef(PyObject *object);  // nothing for NULL; may run any code

PyObject *PyLong_FromLongLong(long long value);
long long PyLong_AsLongLong(PyObject *value);
long PyLong_AsLong(PyObject *value);
// Sets `overflow` to 1 or -1, without an exception, if the value does not fit.
long long PyLong_AsLongLongAndOverflow(PyObject *value, int *overflow);
PyObject *PyNumber_Long(PyObject *object);
PyObject *PyBool_FromLong(long value);
PyObject *PyFloat_FromDouble(double value);
double PyFloat_AsDouble(PyObject *value);
// To be freed with PyMem_Free.
char *PyOS_double_to_string(double value, char format, int precision, int flags, int *type);
void PyMem_Free(void *memory);

PyObject *PyBytes_FromStringAndSize(const char *bytes, ssize_t size);
int PyBytes_AsStringAndSize(PyObject *bytes, char **data, ssize_t *size);
char *PyByteArray_AsString(PyObject *array);
ssize_t PyByteArray_Size(PyObject *array);
PyObject *PyByteArray_FromStringAndSize(const char *bytes, ssize_t size);
PyObject *PyBytes_FromObject(PyObject *buffer);
PyObject *PyUnicode_DecodeUTF8(const char *bytes, ssize_t size, const char *errors);
const char *PyUnicode_AsUTF8AndSize(PyObject *text, ssize_t *size);
PyObject *PyUnicode_InternFromString(const char *text);
PyObject *PyUnicode_AsEncodedString(PyObject *text, const char *encoding, const char *errors);
PyObject *PyObject_Str(PyObject *object);

PyObject *PyTuple_New(ssize_t count);
ssize_t PyTuple_Size(PyObject *tuple);
PyObject *PyTuple_GetItem(PyObject *tuple, ssize_t at);           // borrowed
PyObject *PyTuple_GetSlice(PyObject *tuple, ssize_t from, ssize_t to);
int PyTuple_SetItem(PyObject *tuple, ssize_t at, PyObject *item);  // takes the item
PyObject *PyList_New(ssize_t count);
ssize_t PyList_Size(PyObject *list);
PyObject *PyList_GetItem(PyObject *list, ssize_t at);             // borrowed
int PyList_Append(PyObject *list, PyObject *item);
// Takes items away if `items` is NULL.
int PyList_SetSlice(PyObject *list, ssize_t from, ssize_t to, PyObject *items);
int PyList_SetItem(PyObject *list, ssize_t at, PyObject *item);    // takes the item
PyObject *PyDict_New(void);
ssize_t PyDict_Size(PyObject *dict);
int PyDict_SetItem(PyObject *dict, PyObject *key, PyObject *value);
int PyDict_Next(PyObject *dict, ssize_t *at, PyObject **key, PyObject **value);  // borrowed; 0 at the end

typedef struct {
    void *buf;
    PyObject *obj;
    ssize_t len, itemsize;
    int readonly, ndim;
    char *format;
    ssize_t *shape, *strides, *suboffsets;
    void *internal;
} Py_buffer;
enum { PyBUF_SIMPLE = 0 };
int PyObject_GetBuffer(PyObject *object, Py_buffer *buffer, int flags);
void PyBuffer_Release(Py_buffer *buffer);

// Calls, attributes, modules

PyObject *PyObject_CallNoArgs(PyObject *function);
PyObject *PyObject_CallFunctionObjArgs(PyObject *function, ...);  // ends with NULL
PyObject *PyObject_CallMethodObjArgs(PyObject *object, PyObject *name, ...);  // ends with NULL
PyObject *PyObject_Call(PyObject *function, PyObject *arguments, PyObject *words);
PyObject *PyObject_CallObject(PyObject *function, PyObject *arguments);
PyObject *PyObject_GetItem(PyObject *object, PyObject *key);
PyObject *PyObject_GetAttr(PyObject *object, PyObject *name);
PyObject *PyObject_GetAttrString(PyObject *object, const char *name);
// Both return 0 with an exception if the arguments differ from what `format` says; references are borrowed.
int PyArg_ParseTuple(PyObject *tuple, const char *format, ...);
int PyArg_ParseTupleAndKeywords(
    PyObject *tuple, PyObject *words, const char *format, char **names, ...);
PyObject *Py_BuildValue(const char *format, ...);
int Py_GetRecursionLimit(void);
void Py_SetRecursionLimit(int limit);
enum { Py_EQ = 2 };
int PyObject_RichCompareBool(PyObject *object, PyObject *other, int comparison);
int PyObject_IsTrue(PyObject *object);
int PyType_IsSubtype(PyTypeObject *type, PyTypeObject *base);
int PyObject_IsInstance(PyObject *object, PyObject *types);
PyObject *PyImport_ImportModule(const char *name);

// Errors

extern PyObject *PyExc_Exception, *PyExc_RecursionError, *PyExc_RuntimeError, *PyExc_TypeError,
    *PyExc_ValueError;
void PyErr_SetNone(PyObject *kind);
void PyErr_SetString(PyObject *kind, const char *text);
void PyErr_SetObject(PyObject *kind, PyObject *value);
PyObject *PyErr_Format(PyObject *kind, const char *format, ...);
PyObject *PyErr_NoMemory(void);
PyObject *PyErr_Occurred(void);  // borrowed
int PyErr_ExceptionMatches(PyObject *kind);
void PyErr_Clear(void);
void PyErr_Fetch(PyObject **kind, PyObject **value, PyObject **trace);
void PyErr_NormalizeException(PyObject **kind, PyObject **value, PyObject **trace);
void PyErr_Restore(PyObject *kind, PyObject *value, PyObject *trace);  // takes all three
int PyException_SetTraceback(PyObject *error, PyObject *trace);
PyObject *PyErr_NewException(const char *name, PyObject *base, PyObject *dict);

// Threads

PyThreadState *PyEval_SaveThread(void);
void PyEval_RestoreThread(PyThreadState *state);
unsigned long PyThread_get_thread_ident(void);
// The number of threads that get it, 0 or 1; NULL takes back what has not come yet.
int PyThreadState_SetAsyncExc(unsigned long ident, PyObject *error);
int PyGC_Disable(void);  // whether it was enabled
int PyGC_Enable(void);

// Types and modules of C

typedef PyObject *(*PyCFunction)(PyObject *self, PyObject *arguments);
// With METH_FASTCALL.
typedef PyObject *(*PyFastFunction)(PyObject *self, PyObject *const *arguments, ssize_t count);
enum { METH_VARARGS = 0x0001, METH_NOARGS = 0x0004, METH_O = 0x0008, METH_FASTCALL = 0x0080 };
typedef struct {
    const char *ml_name;
    PyCFunction ml_meth;
    int ml_flags;
    const char *ml_doc;
} PyMethodDef;
enum { T_LONG = 2, T_OBJECT = 6, T_BOOL = 14, T_LONGLONG = 17, READONLY = 1 };
typedef struct {
    const char *name;
    int type;
    ssize_t offset;
    int flags;
    const char *doc;
} PyMemberDef;
enum {
    Py_tp_clear = 51, Py_tp_dealloc = 52, Py_tp_doc = 56, Py_tp_init = 60, Py_tp_methods = 64,
    Py_tp_traverse = 71, Py_tp_members = 72
};
typedef int (*visitproc)(PyObject *object, void *context);
typedef struct {
    int slot;
    void *pfunc;
} PyType_Slot;
enum {
    Py_TPFLAGS_DEFAULT = 0, Py_TPFLAGS_DISALLOW_INSTANTIATION = 1 << 7, Py_TPFLAGS_BASETYPE = 1 << 10,
    Py_TPFLAGS_HAVE_GC = 1 << 14
};
typedef struct {
    const char *name;
    int basicsize, itemsize;
    unsigned int flags;
    PyType_Slot *slots;
} PyType_Spec;
int PyModule_AddFunctions(PyObject *module, PyMethodDef *functions);
PyObject *PyType_FromSpec(PyType_Spec *spec);
PyObject *PyType_GenericAlloc(PyTypeObject *type, ssize_t count);
void PyObject_Free(void *memory);
void PyObject_GC_UnTrack(void *object);
void PyObject_GC_Del(void *object);

typedef struct {
    PyObject ob_base;
    PyObject *(*m_init)(void);
    ssize_t m_index;
    PyObject *m_copy;
} PyModuleDef_Base;
typedef struct {
    PyModuleDef_Base m_base;
    const char *m_name, *m_doc;
    ssize_t m_size;
    PyMethodDef *m_methods;
    void *m_slots, *m_traverse, *m_clear, *m_free;
} PyModuleDef;
enum { PYTHON_ABI_VERSION = 3 };
PyObject *PyModule_Create2(PyModuleDef *definition, int version);
int PyModule_AddObjectRef(PyObject *module, const char *name, PyObject *value);

#endif
