// A picture of a tracklet, cut from the video by the server.

import { useState } from "preact/hooks";
import * as store from "./store";

export function Crop({ src, alt }: { src: string; alt: string }) {
  const [state, setState] = useState<{ src: string; is: "there" | "missing" } | null>(null);
  const is = state?.src === src ? state.is : "loading";
  if (!store.about.value?.video || is === "missing")
    return <div class="crop none" role="img" aria-label={alt}>no picture</div>;
  return (
    <div class={`crop ${is}`}>
      <img key={src} src={src} alt={alt} onLoad={() => setState({ src, is: "there" })} onError={() => setState({ src, is: "missing" })} />
    </div>
  );
}
