import {
  Body,
  Controller,
  Get,
  Header,
  Injectable,
  Module,
  Param,
  Post,
  Query,
  Req,
  Sse,
  StreamableFile,
} from "@nestjs/common";
import { Readable } from "node:stream";
import { from, map, type Observable } from "rxjs";

@Injectable()
export class Words {
  echo(word: string): { echoed: string } {
    return { echoed: word };
  }
}

@Controller()
export class Pages {
  // Injected by its type: what needs the metadata that only a build writes.
  constructor(private readonly words: Words) {}

  @Get()
  @Header("Content-Type", "text/html")
  front(): string {
    return "<h1>The front page</h1>";
  }

  @Get("items/:id")
  item(
    @Param("id") id: string,
    @Query("q") q: string,
    @Req() request: { hostname: string; ip: string },
  ): string {
    return `item ${id}, q ${q}, host ${request.hostname}, client ${request.ip}`;
  }

  @Post("echo")
  echo(@Body() body: { word: string }): { echoed: string } {
    return this.words.echo(body.word);
  }

  @Get("file")
  file(): StreamableFile {
    return new StreamableFile(Readable.from(["a file ", "in pieces"]), { type: "text/plain" });
  }

  @Sse("events")
  events(): Observable<{ data: string }> {
    return from(["one", "two"]).pipe(map((data) => ({ data })));
  }
}

@Module({ controllers: [Pages], providers: [Words] })
export class AppModule {}
