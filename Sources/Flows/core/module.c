// The module `redisai_flows._core`.
#include "core.h"

PyObject *imported(const char *module, const char *name) {
    PyObject *owner = PyImport_ImportModule(module);
    PyObject *found = owner ? PyObject_GetAttrString(owner, name) : NULL;
    Py_DecRef(owner);
    return found;
}

static bool add_functions(PyObject *module) {
    return PyModule_AddFunctions(module, wire_methods) == 0
        && PyModule_AddFunctions(module, value_methods) == 0
        && PyModule_AddFunctions(module, command_methods) == 0
        && PyModule_AddFunctions(module, reply_methods) == 0
        && PyModule_AddFunctions(module, thread_methods) == 0
        && PyModule_AddFunctions(module, guard_methods) == 0;
}

static bool add_types(PyObject *module) {
    shield_type = (PyTypeObject *)PyType_FromSpec(&shield_spec);
    lane_type = (PyTypeObject *)PyType_FromSpec(&lane_spec);
    channel_type = (PyTypeObject *)PyType_FromSpec(&channel_spec);
    PyObject *held_type = PyType_FromSpec(&held_spec), *pass_type = PyType_FromSpec(&pass_spec);
    PyObject *unsent_type = PyType_FromSpec(&unsent_spec);
    return shield_type && lane_type && channel_type && held_type && pass_type && unsent_type
        && PyModule_AddObjectRef(module, "Shield", (PyObject *)shield_type) == 0
        && PyModule_AddObjectRef(module, "Lane", (PyObject *)lane_type) == 0
        && PyModule_AddObjectRef(module, "Channel", (PyObject *)channel_type) == 0
        && PyModule_AddObjectRef(module, "Held", held_type) == 0
        && PyModule_AddObjectRef(module, "Pass", pass_type) == 0
        && PyModule_AddObjectRef(module, "Unsent", unsent_type) == 0
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
    gears_error = imported("redisai_flows.errors", "GearsError");
    server_gone = imported("redisai_flows.errors", "ServerGone");
    flow_aborted = imported("redisai_flows.errors", "FlowAborted");
    if (!gears_error || !server_gone || !flow_aborted) return NULL;
    if (!wire_prepare() || !values_prepare() || !thread_prepare() || !passes_prepare()
        || !pass_type_prepare() || !commands_prepare())
        return NULL;
    PyObject *module = PyModule_Create2(&definition, PYTHON_ABI_VERSION);
    if (module && add_functions(module) && add_types(module)) return module;
    Py_DecRef(module);
    return NULL;
}
