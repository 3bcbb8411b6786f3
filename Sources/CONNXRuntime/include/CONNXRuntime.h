/*
 * What is called of ONNX Runtime: our own declarations, nothing linked.
 *
 * The library exports one function, which leads to a table of function pointers. New versions only append
 * to that table, so version 17 of it, which releases from 1.17 offer, begins those of all later ones:
 * onnx_functions.h lists it by the names of the library's own header.
 *
 * A function that can fail returns a status: NULL for success, else an object that the caller releases.
 * What a function creates belongs to the caller, unless its remark says otherwise.
 */
#pragma once

#include "onnx_allocator.h"
#include "onnx_base.h"
#include "onnx_contracts.h"
#include "onnx_environment.h"
#include "onnx_session.h"
#include "onnx_value.h"
