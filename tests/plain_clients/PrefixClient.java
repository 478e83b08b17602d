import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.util.Scanner;

/** Raw bytes without line ending, the name before each message, read() into a buffer. */
public class PrefixClient {
    public static void main(String[] args) throws Exception {
        Scanner sc = new Scanner(System.in, "UTF-8");
        String nom = sc.nextLine();
        Socket s = new Socket(args[0], Integer.parseInt(args[1]));
        OutputStream os = s.getOutputStream();
        DataInputStream is = new DataInputStream(s.getInputStream());
        new Thread(() -> {
            byte[] tampon = new byte[1024];
            int n;
            try {
                while ((n = is.read(tampon)) > 0) {
                    System.out.write(tampon, 0, n);
                    System.out.flush();
                }
            } catch (IOException e) {
                System.out.println(e.getMessage());
            }
            System.exit(0);
        }).start();
        while (sc.hasNextLine()) {
            os.write((nom + " : " + sc.nextLine()).getBytes("UTF-8"));
            os.flush();
        }
    }
}
