#include "io/torch_pickle.h"

#include "core/memory.h"
#include "io/pickle_machine.h"

#include <stdio.h>
#include <string.h>

static const enum tensor_type storage_types[] = {
    [FLOATS] = TENSOR_F32, [HALVES] = TENSOR_F16, [BFLOATS] = TENSOR_BF16, [LONGS] = TENSOR_I64
};

/* --------------------------------------------------------------------------------------------- tensors */

/* ("storage", torch.FloatStorage, "0", "cpu", elements) */
static enum status push_storage(struct machine *m)
{
    int tuple, word, type, key, count;
    TRY(machine_pop_kind(m, TUPLE, &tuple));
    TRY(machine_tuple_item(m, tuple, 0, TEXT, &word));
    TRY(machine_tuple_item(m, tuple, 1, NAME, &type));
    TRY(machine_tuple_item(m, tuple, 2, TEXT, &key));
    TRY(machine_tuple_item(m, tuple, 4, NUMBER, &count));
    const struct value *name = &m->values[key];
    REQUIRE(m->values[type].number >= FLOATS, ERR_INPUT,
            "the pickle has a storage of no number type (byte %zu)", m->at);
    REQUIRE(name->length > 0 && name->length < STORAGE_KEY_SIZE, ERR_INPUT,
            "the pickle names a storage with %d letters, 1 to %d expected", name->length,
            STORAGE_KEY_SIZE - 1);
    return machine_push(m, (struct value){ .kind = STORAGE,
                                           .number = m->values[count].number,
                                           .type = (enum name)m->values[type].number,
                                           .text = name->text,
                                           .length = name->length });
}

/* (storage, offset, shape, strides, …) */
static enum status push_tensor(struct machine *m, int arguments)
{
    struct value tensor = { .kind = TENSOR };
    int offset;
    TRY(machine_tuple_item(m, arguments, 0, STORAGE, &tensor.storage));
    TRY(machine_tuple_item(m, arguments, 1, NUMBER, &offset));
    TRY(machine_tuple_item(m, arguments, 2, TUPLE, &tensor.shape));
    TRY(machine_tuple_item(m, arguments, 3, TUPLE, &tensor.strides));
    tensor.number = m->values[offset].number;
    return machine_push(m, tensor);
}

static enum status reduce(struct machine *m)
{
    int arguments, name, inner;
    TRY(machine_pop_kind(m, TUPLE, &arguments));
    TRY(machine_pop_kind(m, NAME, &name));
    switch (m->values[name].number) {
    case ORDERED_DICT:
        REQUIRE(m->values[arguments].count == 0, ERR_INPUT,
                "the pickle gives OrderedDict arguments (byte %zu)", m->at);
        return machine_push_table(m);
    case REBUILD_TENSOR:
        return push_tensor(m, arguments);
    case REBUILD_PARAMETER:
        TRY(machine_tuple_item(m, arguments, 0, TENSOR, &inner));
        return machine_push_value(m, inner);
    default:
        return fail(ERR_INPUT, "the pickle calls a storage type (byte %zu)", m->at);
    }
}

/* An OrderedDict's own attributes (a state_dict's _metadata) are dropped. */
static enum status build(struct machine *m)
{
    int state, table;
    TRY(machine_pop_kind(m, TABLE, &state));
    TRY(machine_pop_kind(m, TABLE, &table));
    return machine_push_value(m, table);
}

/* --------------------------------------------------------------------------------------------- running */

/* Names are those of Python's pickletools; a table, so its length does not hide anything. */
static enum status run_opcode(struct machine *m, unsigned char opcode)
{
    const unsigned char *skipped;
    switch (opcode) {
    case 0x80: /* PROTO */
        return machine_bytes(m, 1, &skipped);
    case '(': /* MARK */
        return machine_push_mark(m);
    case 'N': /* NONE */
        return machine_push(m, (struct value){ .kind = NOTHING });
    case 0x88: /* NEWTRUE */
    case 0x89: /* NEWFALSE */
        return machine_push(m, (struct value){ .kind = NUMBER, .number = opcode == 0x88 });
    case 'K': /* BININT1 */
        return machine_push_number(m, 1);
    case 'M': /* BININT2 */
        return machine_push_number(m, 2);
    case 'J': /* BININT */
        return machine_push_number(m, 4);
    case 0x8a: /* LONG1 */
        return machine_push_long(m);
    case 'X': /* BINUNICODE */
        return machine_push_text(m);
    case 'c': /* GLOBAL */
        return machine_push_name(m);
    case 'q': /* BINPUT */
        return machine_remember(m, 1);
    case 'r': /* LONG_BINPUT */
        return machine_remember(m, 4);
    case 'h': /* BINGET */
        return machine_recall(m, 1);
    case 'j': /* LONG_BINGET */
        return machine_recall(m, 4);
    case ')': /* EMPTY_TUPLE */
        return machine_push_short_tuple(m, 0);
    case 0x85: /* TUPLE1, TUPLE2, TUPLE3 */
    case 0x86:
    case 0x87:
        return machine_push_short_tuple(m, (size_t)opcode - 0x84);
    case 't': /* TUPLE */
        return machine_push_marked_tuple(m);
    case '}': /* EMPTY_DICT */
        return machine_push_table(m);
    case 's': /* SETITEM */
        return machine_set_item(m);
    case 'u': /* SETITEMS */
        return machine_set_items(m);
    case 'Q': /* BINPERSID */
        return push_storage(m);
    case 'R': /* REDUCE */
        return reduce(m);
    case 'b': /* BUILD */
        return build(m);
    default:
        return fail(ERR_INPUT, "the pickle uses opcode 0x%02x (byte %zu), which no table of tensors needs",
                    opcode, m->at - 1);
    }
}

/* Runs to STOP ('.'); what is left on the stack must be the one table. */
static enum status run(struct machine *m, int *top)
{
    const unsigned char *opcode;
    for (;;) {
        TRY(machine_bytes(m, 1, &opcode));
        if (*opcode == '.') break;
        TRY(run_opcode(m, *opcode));
    }
    TRY(machine_pop_kind(m, TABLE, top));
    REQUIRE(m->stack.count == 0, ERR_INPUT, "the pickle leaves values on its stack");
    return OK;
}

/* ---------------------------------------------------------------------------------------- handing over */

static enum status copy_numbers(const struct machine *m, int tuple, int rank, int64_t *numbers)
{
    REQUIRE(m->values[tuple].count == rank, ERR_INPUT, "shape and strides differ in length");
    for (int i = 0; i < rank; i++) {
        int item;
        TRY(machine_tuple_item(m, tuple, i, NUMBER, &item));
        numbers[i] = m->values[item].number;
    }
    return OK;
}

static enum status check_reach(const struct pickled_tensor *out, int64_t offset)
{
    uint64_t extent;
    TRY(tensor_extent(&out->tensor, &extent));
    const int64_t needed = (int64_t)(extent / tensor_type_size(out->tensor.type));
    REQUIRE(offset >= 0 && offset <= out->storage_count && needed <= out->storage_count - offset, ERR_INPUT,
            "it reads %lld elements from %lld on, its storage has %lld", (long long)needed, (long long)offset,
            (long long)out->storage_count);
    return OK;
}

static enum status describe_tensor(const struct machine *m, const struct value *value,
                                   struct pickled_tensor *out)
{
    const struct value *storage = &m->values[value->storage];
    struct tensor *tensor = &out->tensor;
    out->storage_count = storage->number;
    snprintf(out->storage, sizeof out->storage, "%.*s", storage->length, storage->text);
    tensor->type = storage_types[storage->type];
    tensor->rank = m->values[value->shape].count;
    REQUIRE(tensor->rank <= TENSOR_MAX_RANK, ERR_INPUT, "%d sides found, at most %d expected", tensor->rank,
            TENSOR_MAX_RANK);
    REQUIRE(storage->number >= 0 && storage->number <= INT64_MAX / 8, ERR_INPUT, "a storage of %lld elements",
            (long long)storage->number);
    TRY(copy_numbers(m, value->shape, tensor->rank, tensor->shape));
    TRY(copy_numbers(m, value->strides, tensor->rank, tensor->strides));
    TRY(check_reach(out, value->number));
    tensor->offset = (uint64_t)value->number * tensor_type_size(tensor->type);
    return OK;
}

static enum status hand_over(const struct machine *m, const struct pair *pair, pickled_tensor_taker take,
                             void *context)
{
    const struct value *key = &m->values[pair->key], *value = &m->values[pair->value];
    struct pickled_tensor out = { 0 };
    REQUIRE(key->kind == TEXT, ERR_INPUT, "the dictionary has a key that is no text");
    REQUIRE(value->kind == TENSOR, ERR_INPUT,
            "entry %.*s is no tensor; a state_dict, a dictionary of names and tensors, was expected",
            key->length, key->text);
    TRY(memory_check(out.tensor.name = memory_print("%.*s", key->length, key->text)));
    const enum status status = describe_tensor(m, value, &out);
    if (status == OK) return take(context, &out);
    memory_free(out.tensor.name);
    return fail_within(status, "tensor %.*s", key->length, key->text);
}

enum status torch_pickle_read(const unsigned char *bytes, size_t size, pickled_tensor_taker take,
                              void *context)
{
    struct machine m = { .bytes = bytes, .size = size };
    int top = 0;
    enum status status;
    TRY_OR_DONE(run(&m, &top));
    for (int i = m.values[top].first; i >= 0; i = m.pairs[i].next)
        TRY_OR_DONE(hand_over(&m, &m.pairs[i], take, context));
done:
    machine_release(&m);
    return status;
}
