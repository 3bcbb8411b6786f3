/*
 * What is called of LiteRT 2.3.0: our own declarations, nothing linked.
 *
 * The library exports its functions by name; the table has those that are used. The vendor does not promise
 * that later versions keep them as they are.
 *
 * A function that can fail returns a status: 0 for success. What a function creates belongs to the caller,
 * unless its remark says otherwise.
 */
#pragma once

#include "litert_base.h"
#include "litert_interrupt.h"
#include "litert_table.h"
#include "litert_tensor.h"
