// The C library's allocation functions, replaced for this process: each call is handed on to
// glibc's own, and counted while counting is on. They run before anything else does, so they use
// nothing that is set up lazily.

#include "AllocationCounter.h"

#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>

#define EXPORTED __attribute__((visibility("default"), used))

extern void *__libc_malloc(size_t byte_count);
extern void *__libc_calloc(size_t element_count, size_t byte_count);
extern void *__libc_realloc(void *block, size_t byte_count);
extern void *__libc_memalign(size_t alignment, size_t byte_count);

static atomic_bool is_counting;
static atomic_long call_count;

void allocation_counter_start(void) {
  atomic_store(&call_count, 0);
  atomic_store(&is_counting, 1);
}

long allocation_counter_stop(void) {
  atomic_store(&is_counting, 0);
  return atomic_load(&call_count);
}

static void count(void) {
  if (atomic_load_explicit(&is_counting, memory_order_relaxed)) atomic_fetch_add(&call_count, 1);
}

EXPORTED void *malloc(size_t byte_count) {
  count();
  return __libc_malloc(byte_count);
}

EXPORTED void *calloc(size_t element_count, size_t byte_count) {
  count();
  return __libc_calloc(element_count, byte_count);
}

EXPORTED void *realloc(void *block, size_t byte_count) {
  count();
  return __libc_realloc(block, byte_count);
}

EXPORTED void *memalign(size_t alignment, size_t byte_count) {
  count();
  return __libc_memalign(alignment, byte_count);
}

EXPORTED void *aligned_alloc(size_t alignment, size_t byte_count) {
  count();
  return __libc_memalign(alignment, byte_count);
}

EXPORTED int posix_memalign(void **result, size_t alignment, size_t byte_count) {
  count();
  void *block = __libc_memalign(alignment, byte_count);
  if (block == NULL) return ENOMEM;
  *result = block;
  return 0;
}
