/* poll, no thread, "[name] message" and the final NUL sent along: write(fd, s, strlen(s) + 1). */
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    struct addrinfo indices = {.ai_socktype = SOCK_STREAM}, *adresses;
    char nom[64], ligne[512], message[640];
    int fd;

    if (argc < 3 || getaddrinfo(argv[1], argv[2], &indices, &adresses) != 0)
        return 2;
    fd = socket(adresses->ai_family, SOCK_STREAM, 0);
    if (connect(fd, adresses->ai_addr, adresses->ai_addrlen) < 0)
        return 1;
    setvbuf(stdin, NULL, _IONBF, 0);
    if (!fgets(nom, sizeof nom, stdin))
        return 1;
    nom[strcspn(nom, "\n")] = '\0';
    for (;;) {
        struct pollfd attente[2] = {{0, POLLIN, 0}, {fd, POLLIN, 0}};
        if (poll(attente, 2, -1) < 0)
            return 1;
        if (attente[1].revents) {
            ssize_t n = read(fd, ligne, sizeof ligne);
            if (n <= 0)
                break;
            fwrite(ligne, 1, n, stdout);
            fflush(stdout);
        }
        if (attente[0].revents) {
            if (!fgets(ligne, sizeof ligne, stdin))
                break;
            ligne[strcspn(ligne, "\n")] = '\0';
            sprintf(message, "[%s] %s", nom, ligne);
            write(fd, message, strlen(message) + 1);
        }
    }
    close(fd);
    return 0;
}
