"""The page: a conversation with the studio. Streamlit runs this file from top to bottom whenever something was pressed."""

import streamlit as st

from job import Job
from settings import Settings

api = Settings.from_environment().api
conversation: list[dict[str, str]] = st.session_state.setdefault("conversation", [])


def begin() -> None:
    """The button: what was typed goes to ``POST /generate-music/``."""
    prompt = st.session_state.prompt.strip()
    if prompt:
        conversation.append({"role": "user", "text": prompt})
        st.session_state.job = Job(api, prompt, st.session_state.seconds)


def stop() -> None:
    st.session_state.job.stop()
    finish(st.session_state.pop("job"))


def finish(job: Job) -> None:
    if job.audio_url:
        conversation.append({"role": "assistant", "text": "Here it is.", "audio": job.audio_url})
    else:
        conversation.append({"role": "assistant", "text": job.problem or "", "problem": "yes"})


st.title("Music studio")
for message in conversation:
    with st.chat_message(message["role"]):
        (st.error if "problem" in message else st.markdown)(message["text"])
        if "audio" in message:
            st.audio(message["audio"], format="audio/wav")

job: Job | None = st.session_state.get("job")
if job is None:
    with st.form("wish", clear_on_submit=True):
        st.text_input("What would you like to hear?", key="prompt", max_chars=500)
        st.slider("Seconds", 1, 60, 10, key="seconds")
        st.form_submit_button("Generate music", on_click=begin)
else:
    st.button("Stop", on_click=stop)
    with st.spinner("Composing…", show_time=True):
        while not job.done:
            job.wait(0.2)
            st.empty()  # here Streamlit leaves this run when a button was pressed meanwhile
    finish(st.session_state.pop("job"))
    st.rerun()
