/* A much copied chat room: the name in a record of 32 bytes, then "name: message" with its LF, strlen bytes of it. */
#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define LENGTH 2048

static int sockfd;
static char name[32];

static void *recv_msg_handler(void *arg)
{
    char message[LENGTH] = {0};
    (void)arg;
    while (recv(sockfd, message, LENGTH - 1, 0) > 0) {
        printf("%s", message);
        fflush(stdout);
        memset(message, 0, sizeof message);
    }
    exit(EXIT_SUCCESS);
}

int main(int argc, char **argv)
{
    struct sockaddr_in server_addr = {0};
    char message[LENGTH], buffer[LENGTH + 64];
    pthread_t recv_msg_thread;

    if (argc < 3)
        return 2;
    printf("Please enter your name: ");
    if (!fgets(name, sizeof name, stdin))
        return 1;
    name[strcspn(name, "\n")] = 0;
    sockfd = socket(AF_INET, SOCK_STREAM, 0);
    server_addr.sin_family = AF_INET;
    server_addr.sin_addr.s_addr = inet_addr(argv[1]);
    server_addr.sin_port = htons(atoi(argv[2]));
    if (connect(sockfd, (struct sockaddr *)&server_addr, sizeof server_addr) == -1)
        return EXIT_FAILURE;
    send(sockfd, name, 32, 0);
    pthread_create(&recv_msg_thread, NULL, recv_msg_handler, NULL);
    while (fgets(message, LENGTH, stdin)) {
        message[strcspn(message, "\n")] = 0;
        sprintf(buffer, "%s: %s\n", name, message);
        send(sockfd, buffer, strlen(buffer), 0);
    }
    pthread_join(recv_msg_thread, NULL);
    return EXIT_SUCCESS;
}
