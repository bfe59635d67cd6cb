/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SPOTSIM_STUDY_VERSION_H
#define SPOTSIM_STUDY_VERSION_H

#define SPOTSIM_VERSION "0.1.0"

#endif
