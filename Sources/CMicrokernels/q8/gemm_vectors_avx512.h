// What the kernels of gemm_tile.h ask of vectors, with AVX-512: but for the products, of which each
// kernel has its own. Included after `value`, inside the including file's target attribute.

typedef __m512i vector;

static inline vector load_vector(const void *p) { return _mm512_loadu_si512(p); }

static inline void store_vector(void *p, vector v) { _mm512_store_si512(p, v); }

static inline vector add_vectors(vector a, vector b) { return _mm512_add_epi32(a, b); }

static inline vector add_lanes(vector v, int32_t term) {
  return _mm512_add_epi32(v, _mm512_set1_epi32(term));
}

static inline vector broadcast_group(const value *p) {
  int32_t group;
  memcpy(&group, p, sizeof group);
  return _mm512_set1_epi32(group);
}
