/* assert_hot: an assertion for the few hot files; it vanishes in release builds, where assert
 * stays. */
#ifndef ARCHSIM_KERNEL_ASSERT_HOT_H
#define ARCHSIM_KERNEL_ASSERT_HOT_H

#include <assert.h>

#ifdef ARCHSIM_RELEASE
#define assert_hot(condition) ((void)(0 && (condition))) /* never evaluated, yet used */
#else
#define assert_hot(condition) assert(condition)
#endif

#endif
