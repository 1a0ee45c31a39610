// The order book's algorithm, whole: for the stage, for tests, and for hand-written loops.
#pragma once

#include "look_ahead.h"
#include "matching.h"
#include "rebuilding.h"
