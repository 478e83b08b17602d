import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.net.Socket;
import java.util.Scanner;

/** println both ways, as every Java course has it: the name, then the messages. */
public class PrintlnClient {
    public static void main(String[] args) throws IOException {
        Socket socket = new Socket(args[0], Integer.parseInt(args[1]));
        BufferedReader in = new BufferedReader(new InputStreamReader(socket.getInputStream(), "UTF-8"));
        PrintWriter out = new PrintWriter(socket.getOutputStream(), true, java.nio.charset.StandardCharsets.UTF_8);
        Thread lecture = new Thread(() -> {
            try {
                String ligne;
                while ((ligne = in.readLine()) != null) {
                    System.out.write((ligne + "\n").getBytes("UTF-8"));
                    System.out.flush();
                }
            } catch (IOException e) {
                System.out.println("Connexion fermee");
            }
            System.exit(0);
        });
        lecture.start();
        Scanner clavier = new Scanner(System.in, "UTF-8");
        while (clavier.hasNextLine()) {
            out.println(clavier.nextLine());
        }
    }
}
