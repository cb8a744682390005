/** The signalling of two sides: what one emits as 'signal', the other is given, in order. */
export function link(one, other) {
  const carry = (from, to) => {
    let last = Promise.resolve();
    from.on('signal', ({ signal }) => {
      last = last.then(() => to.call('signal', signal)).catch((error) => to.fail(error.message));
    });
  };
  carry(one, other);
  carry(other, one);
}
