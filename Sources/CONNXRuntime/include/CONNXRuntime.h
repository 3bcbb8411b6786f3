/*
 * What is called of ONNX Runtime: our own declarations, nothing linked.
 *
 * The library exports one function, which leads to a table of function pointers. New versions only append
 * to that table, so a position in it means the same in all of them: each function below names its position.
 * All of them are there from version 17 of the table on, which releases from 1.17 offer.
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
