#ifndef ALLOCATION_COUNTER_H
#define ALLOCATION_COUNTER_H

/// Counts from zero, from now on, how often any thread of this process asks for memory.
void allocation_counter_start(void);

/// Stops counting; gives the number of calls of malloc and its kin since the start.
long allocation_counter_stop(void);

#endif
