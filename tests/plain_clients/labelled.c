/* Labels the name, ends lines with nothing, and closes right after "bye". */
#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char *argv[]) {
    char line[512], sent[600], received[1024];
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[2]))};
    int named = 0, s = socket(AF_INET, SOCK_STREAM, 0);
    inet_pton(AF_INET, argv[1], &address.sin_addr);
    if (connect(s, (struct sockaddr *)&address, sizeof address) < 0) {
        perror("connect");
        return 1;
    }
    struct pollfd fds[2] = {{.fd = 0, .events = POLLIN}, {.fd = s, .events = POLLIN}};
    setvbuf(stdin, NULL, _IONBF, 0);
    while (poll(fds, 2, -1) > 0) {
        if (fds[0].revents) {
            if (!fgets(line, sizeof line, stdin))
                break;
            line[strcspn(line, "\n")] = 0;
            snprintf(sent, sizeof sent, "%s%s", named ? "" : "USERNAME:", line);
            named = 1;
            send(s, sent, strlen(sent), 0);
            if (strcmp(line, "bye") == 0)
                break;
        }
        if (fds[1].revents) {
            ssize_t length = recv(s, received, sizeof received, 0);
            if (length <= 0)
                break;
            fwrite(received, 1, length, stdout);
            fflush(stdout);
        }
    }
    close(s);
    return 0;
}
