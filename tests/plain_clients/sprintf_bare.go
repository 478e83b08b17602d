// "name:text" without space or line ending, Read into a buffer of 1024 bytes.
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
		return
	}
	done := make(chan struct{})
	go func() {
		buf := make([]byte, 1024)
		for {
			n, err := conn.Read(buf)
			if err != nil {
				close(done)
				return
			}
			fmt.Printf("%s\n", buf[:n])
		}
	}()
	keyboard := bufio.NewScanner(os.Stdin)
	keyboard.Scan()
	name := keyboard.Text()
	for keyboard.Scan() {
		conn.Write([]byte(fmt.Sprintf("%s:%s", name, keyboard.Text())))
	}
	<-done
}
