// What PocketBase's dashboard needs to show our answers as they are meant: they
// may have several lines, and they are written in the reader's language. A note
// that comes up in front of a form shows how a long answer begins; all of it
// stands under the field.
const style = document.createElement('style');
style.textContent = `
  .field-help.error { white-space: pre-line }
  .toast .toast-content { white-space: pre-line; max-height: 12em; overflow: auto; align-items: start }
`;
document.head.append(style);
window.app.pb.lang = navigator.language;
