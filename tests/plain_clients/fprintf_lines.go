// Fprintf with LF out, a bufio.Reader in, one goroutine: the name, then the messages.
package main

import (
	"bufio"
	"fmt"
	"net"
	"os"
)

func main() {
	conn, err := net.Dial("tcp", net.JoinHostPort(os.Args[1], os.Args[2]))
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	go func() {
		reader := bufio.NewReader(conn)
		for {
			message, err := reader.ReadString('\n')
			if err != nil {
				fmt.Println("Deconnecte.")
				os.Exit(0)
			}
			fmt.Print(message)
		}
	}()
	keyboard := bufio.NewScanner(os.Stdin)
	for keyboard.Scan() {
		fmt.Fprintf(conn, keyboard.Text()+"\n")
	}
	select {}
}
