// The module `redisai_flows._core`.
#include "core.h"

static PyObject *imported(const char *name) {
    PyObject *module = PyImport_ImportModule("redisai_flows.errors");
    PyObject *found = module ? PyObject_GetAttrString(module, name) : NULL;
    Py_DecRef(module);
    return found;
}

static bool add_functions(PyObject *module) {
    return PyModule_AddFunctions(module, wire_methods) == 0
        && PyModule_AddFunctions(module, value_methods) == 0
        && PyModule_AddFunctions(module, thread_methods) == 0;
}

static bool add_types(PyObject *module) {
    shield_type = (PyTypeObject *)PyType_FromSpec(&shield_spec);
    lane_type = (PyTypeObject *)PyType_FromSpec(&lane_spec);
    channel_type = (PyTypeObject *)PyType_FromSpec(&channel_spec);
    PyObject *held_type = PyType_FromSpec(&held_spec);
    return shield_type && lane_type && channel_type && held_type
        && PyModule_AddObjectRef(module, "Shield", (PyObject *)shield_type) == 0
        && PyModule_AddObjectRef(module, "Lane", (PyObject *)lane_type) == 0
        && PyModule_AddObjectRef(module, "Channel", (PyObject *)channel_type) == 0
        && PyModule_AddObjectRef(module, "Held", held_type) == 0
        && PyModule_AddObjectRef(module, "MessageTooLong", message_too_long) == 0;
}

static PyModuleDef definition = {
    .m_base = {.ob_base = {.ob_refcnt = 1}},
    .m_name = "redisai_flows._core",
    .m_doc = "Messages, and the threads that wait for them and run jobs; see `channel.py` and `wire.py`.",
    .m_size = -1,
};

__attribute__((visibility("default"))) PyObject *PyInit__core(void);

PyObject *PyInit__core(void) {
    gears_error = imported("GearsError");
    server_gone = imported("ServerGone");
    flow_aborted = imported("FlowAborted");
    if (!gears_error || !server_gone || !flow_aborted) return NULL;
    if (!wire_prepare() || !values_prepare() || !thread_prepare()) return NULL;
    PyObject *module = PyModule_Create2(&definition, PYTHON_ABI_VERSION);
    if (module && add_functions(module) && add_types(module)) return module;
    Py_DecRef(module);
    return NULL;
}
