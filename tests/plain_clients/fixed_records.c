/* Everything in records of 32 bytes, padded with NUL: send(sock, buffer, sizeof buffer, 0). */
#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define TAILLE 32

static int sock;

static void *recevoir(void *arg)
{
    char tampon[1024];
    ssize_t n;
    (void)arg;
    while ((n = recv(sock, tampon, sizeof tampon - 1, 0)) > 0) {
        tampon[n] = '\0';
        printf("%s", tampon);
        fflush(stdout);
    }
    exit(0);
}

int main(int argc, char **argv)
{
    struct sockaddr_in serveur = {0};
    char ligne[TAILLE];
    pthread_t fil;

    if (argc < 3)
        return 2;
    sock = socket(AF_INET, SOCK_STREAM, 0);
    serveur.sin_family = AF_INET;
    serveur.sin_port = htons(atoi(argv[2]));
    serveur.sin_addr.s_addr = inet_addr(argv[1]);
    if (connect(sock, (struct sockaddr *)&serveur, sizeof serveur) < 0) {
        perror("connect");
        return 1;
    }
    pthread_create(&fil, NULL, recevoir, NULL);
    while (memset(ligne, 0, TAILLE), fgets(ligne, TAILLE, stdin)) {
        ligne[strcspn(ligne, "\n")] = '\0';
        send(sock, ligne, TAILLE, 0);
    }
    pthread_join(fil, NULL);
    return 0;
}
