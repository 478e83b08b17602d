"""Streams of asyncio, lines with LF, and a byte-order mark at the beginning as .NET's StreamWriter has it."""
import asyncio
import sys


async def recevoir(reader):
    while ligne := await reader.readline():
        print(ligne.decode("utf-8").rstrip(), flush=True)


async def main():
    reader, writer = await asyncio.open_connection(sys.argv[1], int(sys.argv[2]))
    ecoute = asyncio.create_task(recevoir(reader))
    loop = asyncio.get_running_loop()
    encodage = "utf-8-sig"
    while True:
        ligne = await loop.run_in_executor(None, sys.stdin.readline)
        if not ligne:
            break
        writer.write(ligne.encode(encodage))
        await writer.drain()
        encodage = "utf-8"
        if ligne.strip() == "quitter":
            break
    await ecoute
    writer.close()


asyncio.run(main())
