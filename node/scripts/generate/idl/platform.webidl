// What the IDL of other specifications gives ours.
enum BinaryType { "blob", "arraybuffer" };
dictionary EventInit { boolean bubbles = false; boolean cancelable = false; boolean composed = false; };
typedef double DOMHighResTimeStamp;
typedef unsigned long long EpochTimeStamp;
typedef (object or DOMString) AlgorithmIdentifier;
callback VoidFunction = undefined ();
