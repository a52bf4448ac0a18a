/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Which sanitizer this is compiled for, if any, as gcc and as clang say it: 1 or 0. Memory that the
 * tables manage themselves is told to AddressSanitizer here; without it that costs nothing.
 */
#include <stddef.h>

#ifdef __has_feature
#define SANITIZER_ADDRESS __has_feature(address_sanitizer)
#define SANITIZER_THREAD  __has_feature(thread_sanitizer)
#else
#ifdef __SANITIZE_ADDRESS__
#define SANITIZER_ADDRESS 1
#else
#define SANITIZER_ADDRESS 0
#endif
#ifdef __SANITIZE_THREAD__
#define SANITIZER_THREAD 1
#else
#define SANITIZER_THREAD 0
#endif
#endif

#if SANITIZER_ADDRESS
#include <sanitizer/asan_interface.h>
#endif

/* From now on an access to it is reported: it is free. */
static inline void sanitizer_poison(const void *at, size_t size)
{
#if SANITIZER_ADDRESS
	ASAN_POISON_MEMORY_REGION(at, size);
#else
	(void)at, (void)size;
#endif
}

/* From now on it may be accessed. */
static inline void sanitizer_unpoison(const void *at, size_t size)
{
#if SANITIZER_ADDRESS
	ASAN_UNPOISON_MEMORY_REGION(at, size);
#else
	(void)at, (void)size;
#endif
}
