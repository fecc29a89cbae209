/* book: a database of the tests' own: every call that ends well is a write that it commits. */
#ifndef ARCHSIM_TESTS_MODELS_BOOK_H
#define ARCHSIM_TESTS_MODELS_BOOK_H

#include "models/model.h"

static void book_arrive(struct world *w, struct service *s, struct frame *f)
{
    (void)s;
    call_work(w, f);
}

static void book_finish(struct world *w, struct service *s, struct frame *f)
{
    if (f->answer == OUTCOME_OK) {
        service_commit(w, s, f);
    }
}

static const struct model book_model = {
    .info = {.name = "book", .title = "a log of changes", .text = "for tests", .change_log = true},
    .arrive = book_arrive,
    .finish = book_finish,
};

#endif
