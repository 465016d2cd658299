/* All pages, as fast as one can: users from a file of separated fields into memory, every row drawn
   once, every page one writev of its head, its rows and its tail. markup.h is written from our
   templates: row(), and what is before and behind the rows of each listing, in LISTINGS.

   Not counted, as for the other designs, is making that file out of the database: fields that end
   with the unit separator, users that end with the record separator (ASCII 31 and 30). */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { ID, USERNAME, TYPE, INITIAL, AVATAR, AVATAR_2X, PROFILE_URL, FIELDS };

struct text { const char *at; size_t length; };
struct user { struct text field[FIELDS]; int own; };
struct page { long page, pages, skip, first, last, numbers[9]; int offered; };
struct listing {
    long size;
    const char *prefix;
    void (*head)(const struct page *);
    void (*tail)(const struct page *);
};

static char *out;  /* where what is drawn goes next */

#define LITERAL(text) (memcpy(out, text, sizeof(text) - 1), out += sizeof(text) - 1)
#define IS(text, literal) \
    ((text).length == sizeof(literal) - 1 && !memcmp((text).at, literal, sizeof(literal) - 1))

static void put(struct text text) {
    memcpy(out, text.at, text.length);
    out += text.length;
}

static void escaped(struct text text) {
    for (size_t n = 0; n < text.length; n++) switch (text.at[n]) {
        case '&': LITERAL("&amp;"); break;
        case '<': LITERAL("&lt;"); break;
        case '>': LITERAL("&gt;"); break;
        case '"': LITERAL("&#34;"); break;
        case '\'': LITERAL("&#39;"); break;
        default: *out++ = text.at[n];
    }
}

/* A number as digits, or for people: "1,000". */
static void number(long value, int for_people) {
    char digits[32], *end = digits + sizeof digits, *start = end;
    for (int n = 0; !n || value; n++, value /= 10) {
        if (for_people && n && n % 3 == 0) *--start = ',';
        *--start = '0' + value % 10;
    }
    put((struct text){start, end - start});
}

#include "markup.h"

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static char *reserve(size_t size) {
    char *found = malloc(size);
    if (!found) fail("malloc");
    return found;
}

static char *read_all(const char *path, size_t *size) {
    int file = open(path, O_RDONLY);
    struct stat about;
    if (file < 0 || fstat(file, &about)) fail(path);
    char *found = reserve(about.st_size);
    for (*size = 0; *size < (size_t)about.st_size;) {
        ssize_t came = read(file, found + *size, about.st_size - *size);
        if (came <= 0) fail(path);
        *size += came;
    }
    close(file);
    return found;
}

/* Which page numbers to offer: the ends, and two on either side; 0 is a gap. */
static void offer(struct page *p) {
    long low = p->page > 2 ? p->page - 2 : 1;
    long high = p->page + 2 < p->pages ? p->page + 2 : p->pages;
    int n = 0;
    if (low > 1) p->numbers[n++] = 1;
    if (low > 2) p->numbers[n++] = low == 3 ? 2 : 0;
    for (long one = low; one <= high; one++) p->numbers[n++] = one;
    if (high < p->pages - 1) p->numbers[n++] = high == p->pages - 2 ? p->pages - 1 : 0;
    if (high < p->pages) p->numbers[n++] = p->pages;
    p->offered = n;
}

static void make_folders(char *path) {
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        mkdir(path, 0777);
        *slash = '/';
    }
}

static void write_page(int folder, const struct page *p, struct iovec part[3]) {
    char name[32];
    snprintf(name, sizeof name, "%ld.html", p->page);
    int file = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL, 0666);
    if (file < 0) fail(name);
    ssize_t size = part[0].iov_len + part[1].iov_len + part[2].iov_len;
    if (writev(file, part, 3) != size) fail(name);
    close(file);
}

int main(int count, char **arguments) {
    if (count != 3) return 2;
    size_t size;
    char *file = read_all(arguments[1], &size), *at = file, *end = file + size;
    /* A row is its markup and, some of them several times, its texts: escaped, five times as long. */
    size_t room = 1 << 20, users = 0, most = 1024;
    char *rows = reserve(room);
    size_t *start = (size_t *)reserve(most * sizeof *start);  /* where each row begins in rows */
    out = rows;
    while (at < end) {
        struct user user = {0};
        char *stop = memchr(at, 30, end - at), *from = at;
        for (int n = 0; n < FIELDS && at < stop; n++) {
            char *last = memchr(at, 31, stop - at);
            user.field[n] = (struct text){at, last - at};
            user.own = n > INITIAL;
            at = last + 1;
        }
        size_t used = out - rows, wanted = used + ROW + 20 * (stop - from);
        if (wanted > room) {
            while (room < wanted) room *= 2;
            if (!(rows = realloc(rows, room))) fail("realloc");
            out = rows + used;
        }
        if (users + 1 >= most && !(start = realloc(start, (most *= 2) * sizeof *start)))
            fail("realloc");
        start[users++] = used;
        row(&user);
        at = stop + 1;
    }
    start[users] = out - rows;
    char *frame = reserve(FRAME), *tail;
    for (const struct listing *l = LISTINGS; l->size; l++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", arguments[2], l->prefix);
        make_folders(path);
        int folder = open(path, O_RDONLY | O_DIRECTORY);
        if (folder < 0) fail(path);
        struct page p = {.pages = (users + l->size - 1) / l->size};
        for (p.page = 1; p.page <= p.pages; p.page++) {
            p.skip = (p.page - 1) * l->size;
            p.first = p.skip + 1;
            p.last = p.page < p.pages ? p.skip + l->size : (long)users;
            offer(&p);
            out = frame;
            l->head(&p);
            tail = out;
            l->tail(&p);
            write_page(folder, &p, (struct iovec[3]){
                {frame, tail - frame},
                {rows + start[p.skip], start[p.last] - start[p.skip]},
                {tail, out - tail},
            });
        }
        close(folder);
    }
    return 0;
}
